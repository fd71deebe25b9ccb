// Points that are dragged: the server searches the latent for a picture in which they are where they should be, a few
// steps an answer. Places are pixels of the picture. What the search needs to go on is kept here.
const pulledCanvas = find(".explore-pulled");
const pullMarks = find(".explore-pull svg");
const pullSaid = find(".explore-pull-said");
const holdBox = find("[data-of=hold]");
const MOST_STEPS = 150; // of one search
const MOST_POINTS = 8;
const MOST_UNDONE = 20;
const NEAR = 1.5; // pixels: a drag no longer than that is a click, which pins
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
let pulling = false; // whether the search goes on
let pullPast = [];
let pullHand = null; // the drag under the pointer: from, to
let cross = null; // where the keyboard is
let taken = null; // the point that the keyboard took

const pullOf = () => `${chosen().seed} ${chosen().truncation || "off"}`;
const apart = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);
const placeOf = (handle) => handle.at || handle.origin;
const isPin = (handle) => apart(handle.origin, handle.target) === 0;

// The state of the search of this sample: the latents where it began and is, the points, and the steps taken.
function pull() {
  const { pulled } = chosen();
  if (pulled && pulled.of === pullOf()) return pulled;
  pullPast = [];
  keep({ pulled: { of: pullOf(), begin: null, latent: null, handles: [], taken: 0 } });
  return chosen().pulled;
}

const drawPulled = oneAtATime(async (still) => {
  const now = pull();
  const { begin, latent, pace, handles } = now;
  const steps = pulling ? open.dragging : 0;
  const hold = Boolean(chosen().hold);
  const found = await askJson("drag", { seed: chosen().seed, begin, latent, pace, handles, hold, steps_on: steps });
  if (!still() || chosen().pulled !== now) return;
  await drawCode(pulledCanvas, found.picture);
  element.dataset.pulled = JSON.stringify(found.at);
  if (!steps) return showPull();
  const moved = handles.map((handle, place) => ({ ...handle, at: found.at[place] }));
  keep({ pulled: { ...now, latent: found.latent, pace: found.pace, handles: moved, taken: now.taken + steps } });
  if (found.arrived) stopPulling("There.");
  else if (found.stuck) stopPulling("Nothing in the picture says which way to go: take a point on an edge.");
  else if (chosen().pulled.taken >= MOST_STEPS) stopPulling("It came no further. Go on searches longer.");
  else if (pulling) drawPulled();
  showPull();
});

function stopPulling(said = "") {
  pulling = false;
  if (open && open.dragging) {
    pullSaid.textContent = said;
    showPull();
  }
}

function goOn() {
  pulling = pull().handles.some((handle) => apart(placeOf(handle), handle.target) > 1);
  pullSaid.textContent = pulling ? "Searching …" : "";
  drawPulled();
}

// A new point is one of the picture as it now is; the others are taken along, and what arrived is held.
function addPull(origin, end) {
  const now = pull();
  pullPast = [...pullPast, now].slice(-MOST_UNDONE);
  const others = now.handles.map((handle) => {
    const at = placeOf(handle);
    return { origin: at, target: apart(at, handle.target) <= 1 ? at : handle.target, at: null };
  });
  const added = { origin, target: apart(origin, end) < NEAR ? origin : end, at: null };
  setPull({ begin: now.latent || now.begin, handles: [...others, added].slice(-MOST_POINTS) });
}

function setPull(changes) {
  keep({ pulled: { ...pull(), pace: null, ...changes, taken: 0 } });
  goOn();
}

function showPull() {
  const { handles } = pull();
  const [width, height] = [pulledCanvas.width, pulledCanvas.height];
  pullMarks.setAttribute("viewBox", `-0.5 -0.5 ${width} ${height}`);
  const size = width / 40;
  const drawn = handles.map((handle) => [placeOf(handle), handle.target]);
  if (pullHand) drawn.push([pullHand.from, pullHand.to]);
  if (taken && cross) drawn.push([taken, cross]);
  pullMarks.replaceChildren(
    ...drawn.flatMap(([at, end]) => [
      shape("line", { x1: at[0], y1: at[1], x2: end[0], y2: end[1] }),
      shape("circle", { cx: end[0], cy: end[1], r: size, class: "explore-pull-end" }),
      shape("circle", { cx: at[0], cy: at[1], r: size * 0.7, class: "explore-pull-at" }),
    ]),
    ...(cross ? [shape("path", { d: `M${cross[0] - 2 * size} ${cross[1]}h${4 * size}M${cross[0]} ${cross[1] - 2 * size}v${4 * size}` })] : []),
  );
  find(".explore-pulls").replaceChildren(...handles.map(pullRow));
  const go = find("[data-do=pull-go]");
  go.textContent = pulling ? "Stop" : "Go on";
  go.disabled = !pulling && !handles.some((handle) => apart(placeOf(handle), handle.target) > 1);
  find("[data-do=pull-undo]").disabled = !pullPast.length;
  find("[data-do=pull-over]").disabled = !handles.length && !pull().latent;
}

function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function pullRow(handle, place) {
  const left = apart(placeOf(handle), handle.target);
  const told = isPin(handle) ? "held" : left <= 1 ? "there" : `${left.toFixed(0)} pixels to go`;
  const remove = make("button", { type: "button", textContent: "×", title: "Remove this point" });
  remove.setAttribute("aria-label", `remove point ${place + 1}`);
  remove.addEventListener("click", () => {
    pullPast = [...pullPast, pull()].slice(-MOST_UNDONE);
    setPull({ handles: pull().handles.filter((_, each) => each !== place) });
  });
  return make("li", {}, make("span", { textContent: told }), remove);
}

const within = (value, size) => Math.min(size - 1, Math.max(0, value));
const bounded = ([x, y]) => [within(x, pulledCanvas.width), within(y, pulledCanvas.height)];
function pixelAt(event) {
  const box = pulledCanvas.getBoundingClientRect();
  const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return bounded([share[0] * pulledCanvas.width - 0.5, share[1] * pulledCanvas.height - 0.5]);
}

pulledCanvas.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button) return;
  pulledCanvas.setPointerCapture(event.pointerId);
  pulling = false;
  cross = taken = null;
  pullHand = { from: pixelAt(event), to: pixelAt(event) };
  showPull();
});
pulledCanvas.addEventListener("pointermove", (event) => {
  if (!pullHand) return;
  pullHand.to = pixelAt(event);
  showPull();
});
pulledCanvas.addEventListener("pointerup", () => {
  if (!pullHand) return;
  const { from, to } = pullHand;
  pullHand = null;
  addPull(from, to);
});
pulledCanvas.addEventListener("pointercancel", () => {
  pullHand = null;
  showPull();
});
pulledCanvas.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key];
  const step = event.shiftKey ? 4 : 1;
  cross = cross || [(pulledCanvas.width - 1) / 2, (pulledCanvas.height - 1) / 2];
  if (arrow) cross = bounded([cross[0] + step * arrow[0], cross[1] + step * arrow[1]]);
  else if (event.key === "Enter" || event.key === " ") {
    if (taken) addPull(taken, cross);
    taken = taken ? null : cross;
  } else if (event.key === "Escape") taken = null;
  else if (event.key === "Backspace") undoPull();
  else return;
  event.preventDefault();
  showPull();
});
pulledCanvas.addEventListener("blur", () => {
  cross = taken = null;
  if (open && open.dragging) showPull();
});

function undoPull() {
  if (!pullPast.length) return;
  keep({ pulled: pullPast.pop() });
  stopPulling();
  drawPulled();
}

function enterPull() {
  holdBox.checked = Boolean(chosen().hold);
  pull();
  stopPulling();
  drawPulled();
}

takers.pull = {
  take(seed) {
    keep({ seed });
    enterPull();
  },
  wants: () => "Choose the sample whose points are dragged.",
  marks: () => ({ [chosen().seed]: "●" }),
};
holdBox.addEventListener("change", () => keep({ hold: holdBox.checked }));
onDo("pull-go", () => (pulling ? stopPulling() : setPull({})));
onDo("pull-undo", undoPull);
onDo("pull-over", () => {
  pullPast = [...pullPast, pull()].slice(-MOST_UNDONE);
  setPull({ begin: null, latent: null, handles: [] });
});
onDo("keep-pulled", () => saveCanvas(pulledCanvas, `sample-${chosen().seed}-dragged.png`));
