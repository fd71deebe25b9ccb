// Runs once, with `element`, `props` and `watch` given by gr.HTML: scrubs through frames that were computed before.
const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const HEIGHT = 300;
const FLOOR = 276; // where a density of 0 lies
const CEILING = 14; // where D* = 1 and the highest density lie
const SEEN = 0.01; // a density that can be seen
const SMALL = { width: 220, height: 64, margin: 5 };
const FRAME = 70; // milliseconds

const picture = element.querySelector(".densities");
const chooser = element.querySelector(".scenes");
const about = element.querySelector(".about");
const slider = element.querySelector("#theory-place");
const label = element.querySelector(".scrub label span");
const place = element.querySelector(".scrub output");
const play = element.querySelector(".play");
const measures = element.querySelector(".measures");
let all = null;
let scene = null;
let parts = {};
let dots = [];
let playing = 0;

function make(name, attributes, parent) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}
const across = (index) => (index / (scene.p.length - 1)) * WIDTH;
const path = (values, height) => values.map((value, index) => (
  `${index ? "L" : "M"}${across(index).toFixed(1)} ${height(value).toFixed(1)}`
)).join("");

function choose(number) {
  scene = all.scenes[number];
  stop();
  for (const [index, button] of [...chooser.children].entries()) {
    button.setAttribute("aria-pressed", String(index === number));
  }
  about.textContent = scene.about;
  label.textContent = scene.slider;
  slider.max = scene.places.length - 1;
  slider.value = scene.first;
  const top = Math.max(...scene.p, ...scene.q.map((values) => Math.max(...values)).sort((a, b) => a - b).slice(0, -1));
  scene.height = (value) => FLOOR - (Math.min(value / top, 1.02) * (FLOOR - CEILING));
  picture.replaceChildren();
  const half = (FLOOR + CEILING) / 2;
  for (const y of [FLOOR, half, CEILING]) make("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y }, picture);
  for (let mark = Math.ceil(all.low); mark <= all.high; mark += 1) {
    const x = ((mark - all.low) / (all.high - all.low)) * WIDTH;
    if (x > 6 && x < WIDTH - 6) make("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, picture).textContent = String(mark).replace("-", "−");
  }
  make("text", { x: WIDTH - 4, y: half - 5, "text-anchor": "end" }, picture).textContent = "½";
  make("text", { x: WIDTH - 4, y: CEILING + 13, "text-anchor": "end" }, picture).textContent = "1";
  parts = { area: make("path", { class: "model area" }, picture), q: make("path", { class: "model" }, picture) };
  make("path", { class: "data", d: path(scene.p, scene.height) }, picture);
  parts.faint = make("path", { class: "best faint" }, picture);
  parts.best = make("path", { class: "best" }, picture);
  drawMeasures();
  show();
}

// One small chart a measure: its course over the frames, and a dot where the slider is.
function drawMeasures() {
  measures.replaceChildren();
  dots = Object.entries(scene.measures).map(([name, measure]) => {
    const box = document.createElement("div");
    box.className = "measure";
    box.dataset.measure = name;
    const title = document.createElement("span");
    title.textContent = measure.title;
    const number = document.createElement("b");
    const chart = make("svg", { viewBox: `0 0 ${SMALL.width} ${SMALL.height}`, "aria-hidden": "true" }, box);
    box.prepend(title, number);
    const sorted = [...measure.values].sort((a, b) => a - b);
    const top = Math.min(sorted[sorted.length - 1], 8 * Math.max(sorted[Math.floor(sorted.length / 4)], 0.05)) || 1;
    const x = (index) => SMALL.margin + (index / (measure.values.length - 1)) * (SMALL.width - 2 * SMALL.margin);
    const y = (value) => SMALL.height - SMALL.margin - (Math.min(value, top) / top) * (SMALL.height - 2 * SMALL.margin);
    const seen = (value) => value <= top;
    let line = "";
    measure.values.forEach((value, index) => {
      if (!seen(value)) return;
      line += `${line && seen(measure.values[index - 1]) ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    make("path", { class: "course", d: line }, chart);
    const best = measure.values.indexOf(sorted[0]);
    make("line", { class: "least", x1: x(best), x2: x(best), y1: 0, y2: SMALL.height }, chart);
    const dot = make("circle", { r: 4 }, chart);
    measures.append(box);
    return (index) => {
      const value = measure.values[index];
      number.textContent = value.toFixed(value < 10 ? 3 : 1);
      dot.setAttribute("cx", x(index));
      dot.setAttribute("cy", y(value));
    };
  });
}

function show() {
  const index = Number(slider.value);
  const q = scene.q[index];
  const line = path(q, scene.height);
  parts.q.setAttribute("d", line);
  parts.area.setAttribute("d", `${line}L${WIDTH} ${FLOOR}L0 ${FLOOR}Z`);
  const unit = (value) => FLOOR - value * (FLOOR - CEILING);
  const answers = q.map((value, at) => (scene.p[at] + value > 1e-4 ? scene.p[at] / (scene.p[at] + value) : null));
  let faint = "";
  let best = "";
  answers.forEach((answer, at) => {
    if (answer === null) return;
    const point = `${across(at).toFixed(1)} ${unit(answer).toFixed(1)}`;
    faint += (at && answers[at - 1] !== null ? "L" : "M") + point;
    const seen = (where) => where >= 0 && scene.p[where] + q[where] > SEEN;
    if (seen(at)) best += (seen(at - 1) ? "L" : "M") + point;
  });
  parts.faint.setAttribute("d", faint);
  parts.best.setAttribute("d", best);
  place.textContent = String(scene.places[index]).replace("-", "−");
  slider.setAttribute("aria-valuetext", `${scene.slider}: ${scene.places[index]}`);
  element.dataset.frame = index;
  for (const put of dots) put(index);
}

function stop() {
  clearInterval(playing);
  playing = 0;
  play.textContent = "Play";
  play.setAttribute("aria-pressed", "false");
}

play.addEventListener("click", () => {
  if (playing) return stop();
  if (Number(slider.value) === scene.places.length - 1) slider.value = 0;
  play.textContent = "Pause";
  play.setAttribute("aria-pressed", "true");
  playing = setInterval(() => {
    slider.value = Number(slider.value) + 1;
    show();
    if (Number(slider.value) === scene.places.length - 1) stop();
  }, FRAME);
  return undefined;
});
slider.addEventListener("input", () => {
  if (!scene) return;
  stop();
  show();
});

function receive() {
  if (!props.value) return;
  all = JSON.parse(props.value);
  chooser.replaceChildren(...all.scenes.map((each, number) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = each.title;
    button.addEventListener("click", () => choose(number));
    return button;
  }));
  element.dataset.ready = "yes";
  choose(0);
}

watch("value", receive);
receive();
