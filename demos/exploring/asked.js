// What a conditional model can be asked for: a class, codes, a description.
const askedCanvas = find(".explore-asked");
const classes = find(".explore-classes");
const codes = find(".explore-codes");
const textForm = find(".explore-text");
const caption = find("#explore-caption");
let classPictures = [];
let codeSliders = [];

const drawAsked = oneAtATime(async (still) => {
  const { seed, label, values, text } = chosen();
  const asked = { seed };
  if (open.classes) asked.label = label;
  if (open.codes) asked.codes = values;
  if (open.words.length && text) asked.text = text;
  const picture = await askPicture("draw", asked);
  if (!still()) return;
  drawTile(askedCanvas, picture);
  element.dataset.asked = JSON.stringify(asked);
});

const drawClasses = oneAtATime(async (still) => {
  const asked = { seed: chosen().seed };
  if (open.codes) asked.codes = chosen().values;
  const picture = await askPicture("classes", asked);
  if (!still()) return;
  classPictures.forEach(({ picture: canvas }, label) => drawTile(canvas, picture, label, classPictures.length));
});

function buildAsked() {
  classPictures = Array.from({ length: open.classes }, (_, label) => {
    const picture = thumbnail("");
    const button = make("button", { type: "button", className: "explore-class" }, picture, make("span", { textContent: label }));
    button.setAttribute("aria-label", `class ${label}`);
    button.addEventListener("click", () => {
      keep({ label });
      markClass();
      drawAsked();
    });
    return { button, picture };
  });
  classes.replaceChildren(...classPictures.map(({ button }) => button));
  codeSliders = Array.from({ length: open.codes }, (_, place) => {
    const slider = make("input", { type: "range", min: -open.farthest, max: open.farthest, step: 0.05 });
    slider.setAttribute("aria-label", `code ${place + 1}`);
    slider.value = chosen().values[place] || 0;
    const shown = make("output", { textContent: signed(slider.value) });
    slider.addEventListener("input", () => {
      shown.textContent = signed(slider.value);
      keep({ values: codeSliders.map((each) => Number(each.slider.value)) });
      drawAsked();
    });
    slider.addEventListener("change", () => open.classes && drawClasses());
    return { slider, row: make("label", { className: "explore-code" }, make("span", { textContent: `code ${place + 1}` }), slider, shown) };
  });
  codes.replaceChildren(...codeSliders.map(({ row }) => row));
  textForm.hidden = !open.words.length;
  caption.value = chosen().text || "";
  find(".explore-words").textContent = open.words.join(", ");
  find(".explore-captions").replaceChildren(
    ...open.captions.map((text) => {
      const button = make("button", { type: "button", textContent: text });
      button.addEventListener("click", () => describe(text));
      return button;
    }),
  );
  find(".explore-asked-note").textContent = askedNote();
}

function askedNote() {
  if (open.words.length) return "The same noise with another description gives another picture: choose the noise above.";
  const told = open.classes ? "All pictures above share their noise; only the class differs. " : "";
  return open.codes
    ? `${told}The codes are numbers from −1 to 1 whose meaning the model found for itself; further out shows it more plainly.`
    : told;
}

function markClass() {
  classPictures.forEach(({ button }, label) => button.setAttribute("aria-pressed", label === chosen().label));
}

function describe(text) {
  caption.value = text;
  keep({ text });
  drawAsked();
}

function enterAsked() {
  markClass();
  if (open.classes) drawClasses();
  drawAsked();
}

textForm.addEventListener("submit", (event) => {
  event.preventDefault();
  describe(caption.value.trim());
});
takers.asked = {
  take(seed) {
    keep({ seed });
    enterAsked();
  },
  wants: () => "Choose the noise: what is drawn, apart from what is asked for.",
  marks: () => ({ [chosen().seed]: "●" }),
};
onDo("keep-asked", () => saveCanvas(askedCanvas, `sample-${chosen().seed}-asked.png`));
