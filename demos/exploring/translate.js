// Translation of a picture that a person uploads.
const MOST_FILE = 4 * 2 ** 20;
const drop = find(".explore-drop");
const fileInput = find("input", drop);
const targetField = find('[data-name="target"]');
let brought = null; // { name, data } of the picture as base64
let translated = null; // the last of them that was accepted
const showTarget = choice("target", (target) => {
  keep({ target });
  showTarget(target);
  translate();
});

const translate = oneAtATime(async (still) => {
  if (!brought) return;
  const { target } = chosen();
  const asked = brought;
  let picture;
  try {
    picture = await askPicture("translate", { target, picture: asked.data });
  } catch (error) {
    if (brought === asked) bear(translated); // the one that is still shown
    throw error;
  }
  if (!still()) return;
  translated = asked;
  drawTile(find(".explore-source"), picture, 0, 2);
  drawTile(find(".explore-target"), picture, 1, 2);
  find(".explore-target-name").textContent = `translated to ${target}`;
  find('[data-do="keep-translated"]').disabled = false;
  element.dataset.translated = `${asked.name} ${target}`;
});

async function bring(file) {
  if (!file) return;
  if (file.size > MOST_FILE) {
    complain(new Error(`${file.name} is too large: expected at most ${MOST_FILE / 2 ** 20} MB.`));
    return;
  }
  showBrought(file.name, await encoded(file));
}

// The bytes of a file as base64.
async function encoded(file) {
  const url = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => done("");
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(",") + 1);
}

function showBrought(name, data) {
  bear({ name, data });
  translate();
}

function bear(picture) {
  brought = picture;
  const hint = `PNG, JPEG, WebP, BMP or GIF, up to 4 MB; its middle is brought to ${open.side} x ${open.side} pixels`;
  find(".explore-drop-note").textContent = picture ? picture.name : hint;
}

const bringExample = oneAtATime(async (still) => {
  const number = (chosen().example ?? -1) + 1;
  const answer = await ask("example", { target: chosen().target, number });
  const data = await encoded(await answer.blob());
  if (!still()) return;
  keep({ example: number });
  showBrought(`example-${number + 1}.png`, data);
});

function enterTranslate() {
  const buttons = open.targets.map((target) => {
    const button = make("button", { type: "button", textContent: target });
    button.dataset.value = target;
    return button;
  });
  targetField.replaceChildren(find("legend", targetField), ...buttons);
  targetField.hidden = open.targets.length < 2;
  showTarget(chosen().target);
  bear(brought);
  translate();
}

fileInput.addEventListener("change", () => bring(fileInput.files[0]));
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("explore-over", kind === "dragenter" || kind === "dragover");
  });
}
drop.addEventListener("drop", (event) => bring(event.dataTransfer.files[0]));
onDo("example", bringExample);
onDo("keep-translated", () => saveCanvas(find(".explore-target"), `${brought.name.replace(/\.[^.]*$/, "")}-${chosen().target}.png`));
