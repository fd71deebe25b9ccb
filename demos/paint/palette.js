// The palette and the sliders: what the next stroke will be, and what the chosen one was.
const HINTS = {
  erase: "Paint over the thing: its surroundings take its place.",
  add: "Paint where you want the thing, as large as you want it. Another scene that has it there lends its features.",
  amplify: "Paint over the thing to have more of it.",
  explain: "Click on a place to see which units fire there, and what they cause.",
};
// A whole, such as a house, has no units of its own.
const wayOf = (concept, by) => (model.wholes[concept] ? "example" : by);
const byExample = () => wayOf(settings.concept, settings.by) === "example" && ["erase", "add"].includes(settings.tool);
const unitsNow = () => Math.max(1, Math.round(settings.share * model.units));
const made = (tag, name, ...inside) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...inside);
  return node;
};

function showPalette() {
  const place = one(".paint-concepts");
  place.replaceChildren();
  if (!model.concepts.some(({ name }) => name === settings.concept)) settings.concept = model.concepts[0].name;
  for (const { name, thumb } of model.concepts) {
    const input = made("input");
    Object.assign(input, { type: "radio", name: "paint-concept", value: name, checked: name === settings.concept });
    const picture = thumb ? Object.assign(made("img"), { src: thumb, alt: "" }) : made("b");
    const chip = made("label", "paint-chip", input, picture, made("span", "", name));
    chip.style.setProperty("--colour", colourOf(name));
    place.append(chip);
    if (input.checked) requestAnimationFrame(() => (place.scrollLeft = chip.offsetLeft - place.clientWidth / 2));
  }
}

const colourOf = (label) => model.colours[model.labels.indexOf((model.wholes[label] || [label])[0])] || "rgb(128, 128, 128)";
const formats = {
  size: (value) => `${value} px`,
  soft: (value) => `${Math.round(100 * value)}%`,
  strength: (value) => Number(value).toFixed(2),
  units: (value) => `${value} of ${model.units}`,
};

// Puts all controls where the settings are.
function showSettings() {
  for (const input of all("input[name=paint-tool]")) input.checked = input.value === settings.tool;
  for (const input of all("input[name=paint-concept]")) input.checked = input.value === settings.concept;
  const values = { ...settings, units: unitsNow(), layer: session.layer };
  one("[data-of=units]").max = model.units;
  for (const [name, format] of Object.entries(formats)) {
    const input = one(`[data-of=${name}]`);
    input.value = values[name];
    input.previousElementSibling.textContent = format(values[name]);
  }
  one("[data-of=by]").value = settings.by;
  one("[data-of=units]").closest("label").hidden = byExample();
  one("[data-of=strength]").max = byExample() ? 1 : 3;
  one("[data-of=layer]").value = session.layer;
  one(".paint-hint").textContent = HINTS[settings.tool];
  const number = session.now.marks.findIndex(({ id }) => id === chosen) + 1;
  one(".paint-retunes").textContent = number ? `Soft edge, strength and units also change stroke ${number}.` : "";
  element.querySelector(".paint").dataset.tool = settings.tool;
}

// A setting changes; where a stroke is chosen, so does that stroke: while `live` as a preview, then for good.
function change(name, value, live = false) {
  if (name === "units") settings.share = value / model.units;
  else settings[name] = value;
  const old = chosen && session.strokes[chosen];
  if (old && ["strength", "units", "by", "soft"].includes(name)) {
    const stroke = { ...old, [name]: value, ...(name === "by" ? { example: null } : {}) };
    preview = live ? { id: chosen, stroke } : null;
    if (!live && JSON.stringify(stroke) !== JSON.stringify(old)) replaceStroke(chosen, stroke);
    refresh();
  }
  if (!live) save();
  showSettings();
  if (!live) tellHistory();
  if (name === "size" || name === "soft") draw();
}

function listenToTools() {
  one(".paint-modes").addEventListener("change", (event) => {
    settings.tool = event.target.value;
    if (settings.tool !== "explain") closeExplained();
    nextStroke();
  });
  one(".paint-concepts").addEventListener("change", (event) => {
    settings.concept = event.target.value;
    if (settings.tool === "explain") settings.tool = "erase";
    nextStroke();
  });
  for (const input of all(".paint-slider input")) {
    input.addEventListener("input", () => change(input.dataset.of, Number(input.value), true));
    input.addEventListener("change", () => change(input.dataset.of, Number(input.value)));
  }
  one("[data-of=by]").addEventListener("change", (event) => change("by", event.target.value));
  one("[data-of=layer]").addEventListener("change", (event) => open(model.model, event.target.value));
}

// From here on the settings are the next stroke's alone.
function nextStroke() {
  chosen = null;
  save();
  showSettings();
  tellHistory();
  judgeAgain();
  draw();
}
