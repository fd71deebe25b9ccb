// Pictures that come beside each other in one, and the small controls that all parts use.

// Draws the tile `index` of `count` in `picture` into `canvas`, at its own size; the style sheet enlarges it.
function drawTile(canvas, picture, index = 0, count = 1) {
  const width = picture.width / count;
  if (canvas.width !== width || canvas.height !== picture.height) {
    canvas.width = width;
    canvas.height = picture.height;
  }
  canvas.getContext("2d").drawImage(picture, -index * width, 0);
  canvas.classList.add("explore-drawn");
}

// Draws a PNG that came as base64.
async function drawCode(canvas, code) {
  const bytes = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
  drawTile(canvas, await createImageBitmap(new Blob([bytes], { type: "image/png" })));
}

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A small picture with words for those who do not see it; without words where what holds it has them.
function thumbnail(words) {
  const canvas = make("canvas", { width: 1, height: 1, className: "explore-thumb" });
  if (words) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words);
  } else {
    canvas.setAttribute("aria-hidden", "true");
  }
  return canvas;
}

// Buttons of which one is on; `choose` hears of the value. Gives a function that shows a value as chosen.
function choice(name, choose) {
  const field = find(`[data-name="${name}"]`);
  field.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.value);
  });
  return (value) =>
    findAll("button", field).forEach((button) => button.setAttribute("aria-pressed", button.dataset.value === value));
}

function onDo(name, act) {
  find(`[data-do="${name}"]`).addEventListener("click", act);
}
