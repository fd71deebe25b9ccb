// Two samples mixed: what is where comes from one, the style from the other, from a layer on.
const mixedCanvas = find(".explore-mixed");
const mixes = find(".explore-mixes");
const mixPickers = pickers(find(".explore-mix-pickers"), ["what is where (A)", "the style (B)"], (_, holder) => holder);
let mixButtons = [];
let mixPicture = null;

const mixedFrom = () => Math.min(chosen().mixedFrom, mixButtons.length - 1);

function showMixed() {
  mixButtons.forEach((button, place) => button.setAttribute("aria-pressed", place === mixedFrom()));
  if (mixPicture) drawTile(mixedCanvas, mixPicture, mixedFrom(), mixButtons.length);
}

function mixButton(name, place) {
  const button = make("button", { type: "button", className: "explore-class" }, thumbnail(""), make("span", { textContent: name }));
  button.setAttribute("aria-label", place < open.mixing.length ? `style of B from ${name} on` : "A alone");
  button.addEventListener("click", () => {
    keep({ mixedFrom: place });
    showMixed();
  });
  return button;
}

const loadMixes = oneAtATime(async (still) => {
  const [content, style] = chosen().mixed;
  const picture = await askPicture("mixes", { content, style });
  if (!still()) return;
  mixPicture = picture;
  mixButtons.forEach((button, place) => drawTile(find("canvas", button), picture, place, mixButtons.length));
  showMixed();
  element.dataset.mixed = `${content} ${style}`;
});

function enterMix() {
  mixPicture = null;
  mixButtons = [...open.mixing, "A alone"].map(mixButton);
  mixes.replaceChildren(...mixButtons);
  mixPickers.show(chosen().mixed);
  showMixed();
  loadMixes();
}

takers.mix = {
  take(seed) {
    const mixed = [...chosen().mixed];
    mixed[mixPickers.active()] = seed;
    keep({ mixed });
    mixPickers.next();
    enterMix();
  },
  wants: () => `Choose ${mixPickers.words()}.`,
  marks: () => ({ [chosen().mixed[1]]: "B", [chosen().mixed[0]]: "A" }),
};
onDo("swap-mixed", () => {
  keep({ mixed: [...chosen().mixed].reverse() });
  enterMix();
  markSamples();
});
onDo("keep-mixed", () => saveCanvas(mixedCanvas, `samples-${chosen().mixed.join("-and-")}-mixed.png`));
