// Runs once, with `element`, `props`, `trigger` and `watch` given by gr.HTML.
const canvas = element.querySelector("canvas");
const pen = canvas.getContext("2d");
const badge = element.querySelector(".easel-badge");
const seen = element.querySelector(".easel-seen");
const sizer = element.querySelector(".easel-size input");
const beforeButton = element.querySelector(".easel-before");
const classesButton = element.querySelector(".easel-classes");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const FADE = 260; // milliseconds
const PATIENCE = 15000; // milliseconds until an unanswered stroke is given up

let shown = null; // side; before, after, mapBefore, mapAfter: enlarged pictures; classesBefore, classesAfter: bytes
let previous = null; // the enlarged picture that fades away
let asked = false; // whether a drawing is due
let fadeStart = 0;
let line = []; // points of the stroke under way, in shares of the side
let drawing = false;
let waiting = 0; // the timer of the stroke that is not answered yet
let pointer = null;
let holding = false;
let classesOn = false;

const load = (source) => new Promise((done, fail) => {
  const image = new Image();
  image.onload = () => done(image);
  image.onerror = () => fail(new Error("a picture of the scene could not be read"));
  image.src = source;
});
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const radius = () => Number(sizer.value) / (shown ? shown.side : 64);

// The picture at the canvas's size, so that a moving brush costs no scaling.
function enlarged(image, smooth = true) {
  const large = new OffscreenCanvas(canvas.width, canvas.height);
  const ink = large.getContext("2d");
  ink.imageSmoothingEnabled = smooth;
  ink.imageSmoothingQuality = "high";
  ink.drawImage(image, 0, 0, canvas.width, canvas.height);
  return large;
}

function classMap(classes, side) {
  const map = new OffscreenCanvas(side, side);
  const ink = map.getContext("2d");
  classes.forEach((number, place) => {
    ink.fillStyle = props.colours[number] || "rgb(128, 128, 128)";
    ink.fillRect(place % side, Math.floor(place / side), 1, 1);
  });
  return enlarged(map, false);
}

async function receive() {
  const value = props.value;
  const [before, after] = await Promise.all([load(value.before), load(value.after)]);
  if (value.number !== props.value.number) return; // a newer answer came meanwhile
  previous = shown && shown.after;
  fadeStart = performance.now();
  const classesBefore = bytes(value.classesBefore);
  const classesAfter = bytes(value.classesAfter);
  shown = {
    side: before.width,
    before: enlarged(before),
    after: enlarged(after),
    classesBefore,
    classesAfter,
    mapBefore: classMap(classesBefore, before.width),
    mapAfter: classMap(classesAfter, before.width),
  };
  forget();
  element.dataset.number = value.number;
  draw();
}

function forget() {
  clearTimeout(waiting);
  waiting = 0;
  if (!drawing) line = [];
}

// Asks for one drawing at the next frame, however often it is called until then.
function draw() {
  if (!asked) requestAnimationFrame(drawNow);
  asked = true;
}

function drawNow() {
  asked = false;
  if (!shown) return;
  const size = canvas.width;
  const fade = calm.matches ? 1 : Math.min(1, (performance.now() - fadeStart) / FADE);
  if (classesOn) pen.drawImage(holding ? shown.mapBefore : shown.mapAfter, 0, 0);
  else if (holding) pen.drawImage(shown.before, 0, 0);
  else {
    if (fade < 1 && previous) pen.drawImage(previous, 0, 0);
    pen.globalAlpha = previous ? fade : 1;
    pen.drawImage(shown.after, 0, 0);
    pen.globalAlpha = 1;
  }
  drawStroke(size);
  drawRing(size);
  badge.hidden = !holding;
  tell();
  if (fade < 1) draw();
}

function drawStroke(size) {
  if (!line.length) return;
  pen.strokeStyle = waiting ? "rgba(255, 255, 255, 0.3)" : "rgba(255, 255, 255, 0.45)";
  pen.lineWidth = 2 * radius() * size;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  line.forEach(([x, y], index) => (index ? pen.lineTo(x * size, y * size) : pen.moveTo(x * size, y * size)));
  if (line.length === 1) pen.lineTo(line[0][0] * size, line[0][1] * size);
  pen.stroke();
}

function drawRing(size) {
  if (!pointer) return;
  pen.beginPath();
  pen.arc(pointer[0] * size, pointer[1] * size, radius() * size, 0, 2 * Math.PI);
  pen.lineWidth = 5;
  pen.strokeStyle = "rgba(0, 0, 0, 0.35)";
  pen.stroke();
  pen.lineWidth = 2.5;
  pen.strokeStyle = "white";
  pen.stroke();
}

function tell() {
  const inside = pointer && pointer.every((share) => share >= 0 && share < 1);
  if (!inside) {
    seen.textContent = "";
    return;
  }
  const [column, row] = pointer.map((share) => Math.floor(share * shown.side));
  const classes = holding ? shown.classesBefore : shown.classesAfter;
  seen.textContent = props.labels[classes[row * shown.side + column]] || "";
}

function place(event) {
  const frame = canvas.getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button || waiting || !shown) return;
  canvas.setPointerCapture(event.pointerId);
  drawing = true;
  pointer = place(event);
  line = [pointer];
  draw();
});
canvas.addEventListener("pointermove", (event) => {
  pointer = place(event);
  if (drawing) {
    const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    line.push(...(steps.length ? steps : [event]).map(place));
  }
  draw();
});
canvas.addEventListener("pointerup", () => {
  if (!drawing) return;
  drawing = false;
  waiting = setTimeout(() => {
    forget();
    draw();
  }, PATIENCE);
  const step = Math.ceil(line.length / 1500);
  const points = line.filter((_, index) => index % step === 0 || index === line.length - 1);
  trigger("stroke", { points, radius: radius() });
  draw();
});
canvas.addEventListener("pointercancel", () => {
  drawing = false;
  line = [];
  draw();
});
canvas.addEventListener("pointerleave", () => {
  pointer = null;
  draw();
});
sizer.addEventListener("input", () => {
  pointer = [0.5, 0.5];
  draw();
});
sizer.addEventListener("change", () => {
  pointer = null;
  draw();
});
const hold = (on) => () => {
  holding = on;
  draw();
};
for (const kind of ["pointerdown", "keydown"]) beforeButton.addEventListener(kind, hold(true));
for (const kind of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) {
  beforeButton.addEventListener(kind, hold(false));
}
classesButton.addEventListener("click", () => {
  classesOn = !classesOn;
  classesButton.setAttribute("aria-pressed", classesOn);
  draw();
});
watch("value", receive);
receive();
