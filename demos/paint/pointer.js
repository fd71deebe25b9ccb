// Painting, by the pointer and by the keyboard.
const MOST_POINTS = 200; // of one stroke: closer ones than a fraction of the brush say nothing new
const radius = () => settings.size / (model ? model.side : 64);
const near = (share) => Math.round(share * 1e4) / 1e4;

function place(event) {
  const frame = canvas.getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
}

// Every point that lies far enough from the last one, so that the line stays and its message is short.
function thinned(line) {
  let gap = radius() / 5;
  for (;;) {
    const points = [line[0]];
    for (const point of line.slice(1)) {
      if (Math.hypot(point[0] - points.at(-1)[0], point[1] - points.at(-1)[1]) >= gap) points.push(point);
    }
    if (line.length > 1 && points.at(-1) !== line.at(-1)) points.push(line.at(-1));
    if (points.length <= MOST_POINTS) return points.map((point) => point.map(near));
    gap *= 1.5;
  }
}

function begin(point) {
  if (!view.shown) return;
  view.places = null;
  view.live = null;
  borrowed = null;
  one(".paint-error").hidden = true;
  if (settings.tool === "explain") explain(point);
  else if (!refuseMore()) {
    view.line = [point];
    paintAlong();
  }
  draw();
}

// The stroke that the line under way makes. The right button erases what it began on, whatever the tool.
function strokeOfLine() {
  const { tool, soft, strength, by } = settings;
  const { mode, concept } = view.erasing || { mode: tool, concept: settings.concept };
  return { mode, concept, points: thinned(view.line), radius: radius(), soft, strength, units: unitsNow(), by: wayOf(concept, by) };
}

// Whether there are as many strokes as the server paints; says so.
function refuseMore() {
  const most = marksOn().length >= model.mostStrokes;
  if (most) fail(new Error(`A scene takes at most ${model.mostStrokes} strokes: undo some, switch some off, or start over.`));
  return most;
}

function end() {
  if (!view.line.length) return;
  const there = nameAt(view.line[0].map((share) => Math.min(0.9999, Math.max(0, share))));
  if (view.picking && there && settings.concept !== there) {
    view.line = [];
    pick(there);
    return;
  }
  const stroke = strokeOfLine();
  view.line = [];
  view.erasing = null;
  view.pending = stroke;
  addStroke(stroke);
  tell();
  refresh();
  draw();
}

// A click on another thing chooses it, where a dab would only erase what is not there; with Alt always.
function pick(concept) {
  settings.concept = concept;
  nextStroke();
}

canvas.addEventListener("pointerdown", (event) => {
  if (![0, 2].includes(event.button) || !event.isPrimary || !view.shown) return;
  canvas.setPointerCapture(event.pointerId);
  view.pointer = place(event);
  const there = nameAt(view.pointer);
  if (event.altKey) {
    if (there) pick(there);
    return;
  }
  view.erasing = event.button === 2 && settings.tool !== "explain" ? { mode: "erase", concept: there || settings.concept } : null;
  view.picking = event.button === 0 && settings.tool === "erase" && !covers(settings.concept, view.pointer);
  begin(view.pointer);
});
canvas.addEventListener("contextmenu", (event) => event.preventDefault());

// Whether a brush at a point touches the thing.
function covers(concept, [x, y]) {
  const reach = Math.ceil(radius() * model.side);
  const [column, row] = [x, y].map((share) => Math.floor(share * model.side));
  const parts = model.wholes[concept] || [concept];
  for (let down = -reach; down <= reach; down++) {
    for (let right = -reach; right <= reach; right++) {
      if (Math.hypot(down, right) > reach) continue;
      const [there, below] = [column + right, row + down];
      if (Math.min(there, below) < 0 || Math.max(there, below) >= model.side) continue;
      if (parts.includes(model.labels[view.shown.classesAfter[below * model.side + there]])) return true;
    }
  }
  return false;
}

canvas.addEventListener("pointermove", (event) => {
  if (!event.isPrimary) return;
  view.pointer = place(event);
  if (view.line.length) {
    const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    view.line.push(...(steps.length ? steps : [event]).map(place));
    const [x, y] = view.line[0];
    if (Math.hypot(view.pointer[0] - x, view.pointer[1] - y) > radius() / 2) view.picking = false;
    paintAlong();
  }
  draw();
});
canvas.addEventListener("pointerup", end);
canvas.addEventListener("pointercancel", (event) => {
  if (canvas.hasPointerCapture(event.pointerId)) canvas.releasePointerCapture(event.pointerId);
  view.line = [];
  view.live = null;
  draw();
});
canvas.addEventListener("pointerleave", () => {
  view.pointer = null;
  draw();
});

const TOOLS = { e: "erase", a: "add", m: "amplify", x: "explain" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (arrow) {
    const [x, y] = view.pointer || [0.5, 0.5];
    const stride = event.shiftKey ? 1 / 128 : 1 / 32;
    view.pointer = [x + arrow[0] * stride, y + arrow[1] * stride].map((share) => Math.min(1, Math.max(0, share)));
    if (view.line.length) view.line.push(view.pointer);
  } else if (event.key === " " || (event.key === "Enter" && settings.tool === "explain")) {
    view.pointer = view.pointer || [0.5, 0.5];
    view.erasing = null;
    view.picking = false;
    if (!event.repeat) begin(view.pointer);
  } else if (event.key === "[" || event.key === "]") {
    change("size", Math.min(16, Math.max(0.5, settings.size + (event.key === "]" ? 1 : -1))));
  } else if (TOOLS[event.key.toLowerCase()]) {
    settings.tool = TOOLS[event.key.toLowerCase()];
    if (settings.tool !== "explain") closeExplained();
    nextStroke();
  } else if (event.key === "c") {
    const there = view.pointer && nameAt(view.pointer);
    if (there) pick(there);
  } else if (event.key === "Escape") {
    view.line = [];
    view.live = null;
  } else return;
  event.preventDefault();
  draw();
});
canvas.addEventListener("keyup", (event) => {
  if (event.key === " ") end();
});
canvas.addEventListener("focus", () => {
  if (canvas.matches(":focus-visible")) view.pointer = view.pointer || [0.5, 0.5];
  if (view.shown) draw();
});
canvas.addEventListener("blur", () => {
  view.line = [];
  view.live = null;
  view.pointer = null;
  if (view.shown) draw();
});
