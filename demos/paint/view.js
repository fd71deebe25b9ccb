// The canvas: what is drawn on it, from pictures of the generator's own size that are enlarged here.
const canvas = one("canvas");
const pen = canvas.getContext("2d");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const FADE = 220; // milliseconds
const view = {
  shown: null, // before, after, mapBefore, mapAfter: enlarged; classesBefore, classesAfter: bytes; rows, said
  previous: null, // the picture that fades away
  since: 0,
  line: [], // points of the stroke under way, in shares of the side
  live: null, // the picture with the stroke under way: enlarged
  erasing: null, // what the right button erases: { mode, concept }
  picking: false, // whether the stroke under way, if it stays a dab, chooses the thing under it
  outline: null, // of the thing under the pointer
  pending: null, // a stroke that is painted, but not answered yet
  pointer: null,
  holding: false,
  classes: false,
  split: null, // share of the width where before ends and after begins
  place: null, // the point that is explained
  places: null, // where a thing can grow: rows of shares, the most likely place 1
};
let frameAsked = false;

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const decoded = (source) =>
  new Promise((done, fail) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => fail(new Error("a picture of the scene could not be read"));
    image.src = source;
  });

// The picture at the canvas's size, so that a moving brush costs no scaling.
function enlarged(image, smooth = true) {
  const large = new OffscreenCanvas(canvas.width, canvas.height);
  const ink = large.getContext("2d");
  ink.imageSmoothingEnabled = smooth;
  ink.imageSmoothingQuality = "high";
  ink.drawImage(image, 0, 0, canvas.width, canvas.height);
  return large;
}

function classMap(classes) {
  const map = new OffscreenCanvas(model.side, model.side);
  const ink = map.getContext("2d");
  classes.forEach((number, place) => {
    ink.fillStyle = model.colours[number] || "rgb(128, 128, 128)";
    ink.fillRect(place % model.side, Math.floor(place / model.side), 1, 1);
  });
  return enlarged(map, false);
}

async function show(scene, result, seed, stroke = null) {
  const after = result || scene;
  const [first, last] = await Promise.all([decoded(scene.picture), decoded(after.picture)]);
  const classesBefore = bytes(scene.classes);
  const classesAfter = bytes(after.classes);
  view.previous = view.live || (view.shown && view.shown.after);
  view.live = null;
  view.since = performance.now();
  view.pending = null;
  view.shown = {
    seed,
    stroke,
    before: enlarged(first),
    after: enlarged(last),
    mapBefore: classMap(classesBefore),
    mapAfter: classMap(classesAfter),
    classesBefore,
    classesAfter,
    sources: [scene.picture, after.picture],
    own: scene.own,
    rows: result ? result.rows : null,
    said: result ? result.said : scene.said,
  };
  const frame = one(".paint");
  frame.dataset.before = scene.picture;
  frame.dataset.after = after.picture;
  frame.dataset.answers = Number(frame.dataset.answers || 0) + 1;
  draw();
  tell();
}

// Asks for one drawing at the next frame, however often it is called until then.
function draw() {
  if (!frameAsked) requestAnimationFrame(drawNow);
  frameAsked = true;
}

function drawNow() {
  frameAsked = false;
  const { shown, since, previous } = view;
  if (!shown) return;
  const size = canvas.width;
  const fade = calm.matches || !previous ? 1 : Math.min(1, (performance.now() - since) / FADE);
  pen.globalAlpha = 1;
  if (fade < 1) pen.drawImage(previous, 0, 0);
  pen.globalAlpha = fade;
  pen.drawImage(view.holding ? shown.before : view.live || shown.after, 0, 0);
  pen.globalAlpha = 1;
  const split = view.holding ? 0 : (view.split || 0) * size;
  if (split) pen.drawImage(shown.before, 0, 0, split, size, 0, 0, split, size);
  if (view.classes) {
    pen.globalAlpha = 0.72;
    pen.drawImage(view.holding ? shown.mapBefore : shown.mapAfter, 0, 0);
    if (split) pen.drawImage(shown.mapBefore, 0, 0, split, size, 0, 0, split, size);
    pen.globalAlpha = 1;
  }
  if (view.places && !view.holding) drawPlaces(view.places, size);
  const stroke = view.line.length ? { points: view.line, radius: radius() } : view.pending;
  if (stroke && !view.holding && !view.live) drawStroke(stroke, size);
  drawOutline(size);
  if (view.place) drawRing(view.place, size, "rgb(255, 214, 10)");
  if (view.pointer) drawRing(view.pointer, size, "white");
  one(".paint-badge").hidden = !view.holding;
  tellPlace();
  if (fade < 1) draw();
}

function drawPlaces(rows, size) {
  const cell = size / rows.length;
  for (const [row, shares] of rows.entries()) {
    for (const [column, share] of shares.entries()) {
      pen.fillStyle = `rgba(10, 14, 20, ${0.62 * (1 - Math.min(1, 2 * share))})`;
      pen.fillRect(column * cell, row * cell, cell, cell);
    }
  }
}

function drawStroke({ points, radius: reach }, size) {
  pen.strokeStyle = view.line.length ? "rgba(255, 255, 255, 0.5)" : "rgba(255, 255, 255, 0.32)";
  pen.lineWidth = 2 * reach * size;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x * size, y * size) : pen.moveTo(x * size, y * size)));
  if (points.length === 1) pen.lineTo(points[0][0] * size, points[0][1] * size);
  pen.stroke();
}

function drawRing([x, y], size, colour) {
  const rings = settings.soft && settings.tool !== "explain" ? [1, 1 - settings.soft] : [1];
  for (const [index, part] of rings.entries()) {
    pen.beginPath();
    pen.arc(x * size, y * size, Math.max(2, radius() * part * size), 0, 2 * Math.PI);
    pen.setLineDash(index ? [7, 7] : []);
    pen.lineWidth = index ? 3 : 5;
    pen.strokeStyle = "rgba(0, 0, 0, 0.35)";
    pen.stroke();
    pen.lineWidth = index ? 1.5 : 2.5;
    pen.strokeStyle = colour;
    pen.stroke();
  }
  pen.setLineDash([]);
}

function tellPlace() {
  const inside = view.pointer && view.pointer.every((share) => share >= 0 && share < 1);
  const [column, row] = inside ? view.pointer.map((share) => Math.floor(share * model.side)) : [0, 0];
  const before = view.holding || (view.pointer && view.pointer[0] < view.split);
  const classes = before ? view.shown.classesBefore : view.shown.classesAfter;
  one(".paint-seen").textContent = inside ? `Here: ${model.labels[classes[row * model.side + column]] || "nothing known"}.` : "";
}
