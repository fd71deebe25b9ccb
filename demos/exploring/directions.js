// Directions: a slider for each, all of which move one sample together.
const METHOD_NOTES = {
  sefa:
    "What the first layer's weights amplify most, found without drawing a single sample. The share is of what the " +
    "layer amplifies in all.",
  pca:
    "Along what the samples vary most in an early layer, measured over some hundred of them. The share is of the " +
    "layer's variance.",
};
const list = find(".explore-directions");
const movedCanvas = find(".explore-moved");
let rows = [];
const showMethod = choice("method", (method) => {
  keep({ method });
  enterDirections();
});

// Names that a person gave stay with their model in this browser; those of a link are the page's alone.
const NAMES = "gan-lab-direction-names";
function namesKept() {
  try {
    return JSON.parse(localStorage.getItem(NAMES)) || {};
  } catch {
    return {}; // a browser that keeps nothing, or something else under this name
  }
}

function nameOf(direction, place, method) {
  const key = `${method} ${place}`;
  const given = (chosen().names || {})[key] || (namesKept()[open.model] || {})[key];
  return typeof given === "string" && given ? given : direction.name;
}

function keepName(key, name) {
  keep({ names: { ...chosen().names, [key]: name } });
  const all = namesKept();
  try {
    localStorage.setItem(NAMES, JSON.stringify({ ...all, [open.model]: { ...all[open.model], [key]: name } }));
  } catch {
    // it stays in the page
  }
}

const stepsOf = (method) => (chosen().steps || {})[method] || [];
const rangesOf = (method) => (chosen().ranges || {})[method] || [];

const drawMoved = oneAtATime(async (still) => {
  const { seed, method } = chosen();
  const steps = stepsOf(method);
  const picture = await askPicture("draw", { seed, method, steps, ranges: rangesOf(method) });
  if (!still()) return;
  drawTile(movedCanvas, picture);
  element.dataset.moved = JSON.stringify(steps);
});

const drawEnds = oneAtATime(async (still) => {
  const { seed, method } = chosen();
  const picture = await askPicture("ends", { seed, method, ranges: rangesOf(method) });
  if (!still() || method !== chosen().method) return;
  rows.forEach(({ ends }, place) => ends.forEach((canvas, side) => drawTile(canvas, picture, 2 * place + side, 2 * rows.length)));
  element.dataset.ends = `${method} ${seed}`;
});

const listDirections = oneAtATime(async (still) => {
  const { method } = chosen();
  const { directions } = await askJson("directions", { method }).catch((error) => {
    if (still()) {
      list.replaceChildren();
      delete list.dataset.of; // who comes again asks again
    }
    throw error;
  });
  if (!still() || method !== chosen().method) return;
  rows = directions.map((direction, place) => directionRow(direction, place, method));
  list.replaceChildren(...rows.map(({ row }) => row));
  showAxes();
  drawEnds();
  drawMoved();
});

function directionRow(direction, place, method) {
  const name = nameOf(direction, place, method);
  const ends = ["lower", "upper"].map((side) => thumbnail(`${side} end of ${name}`));
  const slider = make("input", { type: "range", min: -open.reach, max: open.reach, step: 0.05 });
  slider.value = stepsOf(method)[place] || 0;
  slider.setAttribute("aria-label", name);
  const shown = make("output", { textContent: signed(slider.value) });
  const naming = make("input", { type: "text", value: name, maxLength: 40, className: "explore-name", spellcheck: false });
  naming.setAttribute("aria-label", `name of direction ${place + 1}`);
  naming.title = "Give it a name of your own";
  naming.addEventListener("change", () => {
    keepName(`${method} ${place}`, naming.value.trim());
    naming.value = naming.value.trim() || direction.name;
    slider.setAttribute("aria-label", naming.value);
    showAxes();
  });
  slider.addEventListener("input", () => {
    const steps = rows.map((row) => Number(row.slider.value));
    rows.forEach((row) => (row.shown.textContent = signed(row.slider.value)));
    keep({ steps: { ...chosen().steps, [method]: steps } });
    drawMoved();
  });
  const share = make("span", { className: "explore-share", textContent: percent(direction.gain ?? direction.variance) });
  share.title = "its share";
  const range = open.mixing.length ? [layerRange(place, method, naming)] : [];
  const row = make("div", { className: "explore-direction" }, naming, share, ends[0], slider, ends[1], shown, ...range);
  return { row, slider, shown, ends };
}

// Which layers a direction moves: all that follows from the latent, or the style of a range of layers alone (GANSpace).
function layerRange(place, method, naming) {
  const names = open.mixing;
  const now = rangesOf(method)[place];
  const said = make("summary", {});
  const ends = ["first", "last"].map((which, side) => {
    const select = make("select", {}, ...(side ? [] : [new Option("all", -1)]), ...names.map((name, layer) => new Option(name, layer)));
    select.setAttribute("aria-label", `${which} layer that ${naming.value} moves`);
    select.value = now ? now[side] : side ? names.length - 1 : -1;
    return select;
  });
  const read = () => {
    const [first, last] = ends.map((select) => Number(select.value));
    ends[1].disabled = first < 0;
    [...ends[1].options].forEach((option) => (option.disabled = Number(option.value) < first));
    if (first < 0) return null;
    if (last < first) ends[1].value = first;
    return [first, Math.max(first, last)];
  };
  const show = (range) => {
    said.textContent = range ? `in ${names[range[0]]}${range[1] > range[0] ? ` to ${names[range[1]]}` : ""}` : "in all layers";
  };
  show(read());
  ends.forEach((select) =>
    select.addEventListener("change", () => {
      const ranges = rows.map((_, each) => rangesOf(method)[each] || null);
      ranges[place] = read();
      show(ranges[place]);
      keep({ ranges: { ...chosen().ranges, [method]: ranges } });
      drawEnds();
      drawMoved();
    }),
  );
  return make("details", { className: "explore-range" }, said, make("span", { textContent: "moves " }), ends[0], make("span", { textContent: " to " }), ends[1]);
}

const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(1)}`;
const percent = (share) => `${(100 * share).toFixed(1)}%`;

function enterDirections() {
  const { method } = chosen();
  showMethod(method);
  find(".explore-method-note").textContent = METHOD_NOTES[method];
  if (list.dataset.of !== `${open.model} ${method}`) {
    list.replaceChildren(make("p", { className: "explore-quiet", textContent: "Looking for directions …" }));
    list.dataset.of = `${open.model} ${method}`;
    rows = [];
    listDirections();
  } else if (rows.length) {
    drawEnds();
    drawMoved();
  }
}

takers.directions = {
  take(seed) {
    keep({ seed });
    enterDirections();
  },
  wants: () => "Choose the sample to move.",
  marks: () => ({ [chosen().seed]: "●" }),
};
const loadDirectionMaps = oneAtATime(async () => {
  const { seed, method } = chosen();
  const direction = Math.max(0, boundTo()[0]);
  const layer = directionLayer();
  await saveMaps("direction_maps", { seed, method, direction, layer }, `sample-${seed}-${method}-${direction + 1}-${layer}.gif`);
});
const directionLayer = mapsOf(find('[data-part="directions"] .explore-maps'), loadDirectionMaps);
onDo("reset", () => {
  const { method } = chosen();
  keep({ steps: { ...chosen().steps, [method]: [] } });
  rows.forEach((row) => {
    row.slider.value = 0;
    row.shown.textContent = signed(0);
  });
  drawMoved();
});
onDo("keep-moved", () => saveCanvas(movedCanvas, `sample-${chosen().seed}-moved.png`));
