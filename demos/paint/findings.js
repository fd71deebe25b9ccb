// What the strokes did: the sentence, the table, the legend, the list of strokes.
const percent = (share) => `${(100 * share).toFixed(1)}%`;
const signed = (share) => `${share < 0 ? "−" : "+"}${(100 * Math.abs(share)).toFixed(1)}`;
const NOTICED = 0.001; // of the picture: less is the segmenter's own flicker
const VERBS = { erase: "Erase", add: "Add", amplify: "Amplify" };
let comparing = false; // with random units
let controlAsked = 0;
let judged = "this"; // whether the table tells of one stroke, or of all of them

const marksOn = () => session.now.marks.filter(({ on }) => on);

// The place of the stroke that is judged among those that are on: the chosen one, or else the last; null for all.
function judgedStroke() {
  const marks = marksOn();
  if (judged === "all" || !marks.length) return null;
  const place = marks.findIndex(({ id }) => id === chosen);
  return place < 0 ? marks.length - 1 : place;
}

// Asks again where another stroke is to be judged than the one that the table tells of.
function judgeAgain() {
  if (view.shown && view.shown.stroke !== judgedStroke()) refresh();
}

function judgeBy(which) {
  judged = which;
  for (const input of all("input[name=st-which]")) input.checked = input.value === which;
  judgeAgain();
}

function tell() {
  const { shown } = view;
  if (!shown) return;
  one(".st-said").textContent = shown.said;
  one("[data-do=undo]").disabled = !session.past.length;
  one("[data-do=redo]").disabled = !session.future.length;
  one(".st-which").hidden = marksOn().length < 2;
  one("[data-do=over]").disabled = !session.now.marks.length;
  tellTable(null);
  tellLegend();
  tellHistory();
  tellScene();
  tellOwn();
  showSettings();
  if (comparing) compareWithRandom();
}

function tellTable(control) {
  const { shown } = view;
  const rows = shown.rows || sharesOf(shown.classesBefore);
  const widest = Math.max(NOTICED, ...rows.map(({ before, after }) => Math.abs(after - before)));
  one(".st-table").classList.toggle("st-compared", control !== null);
  one(".st-table tbody").replaceChildren(
    ...rows.map(({ label, before, after, verdict }) => {
      const change = after - before;
      const dot = made("i");
      dot.style.background = colourOf(label);
      const name = made("th", "", dot, label);
      name.scope = "row";
      const bar = made("span", change < 0 ? "less" : "more");
      bar.style.width = `${Math.abs(change) >= NOTICED ? (50 * Math.abs(change)) / widest : 0}%`;
      const figure = made("b", "", Math.abs(change) >= NOTICED ? signed(change) : "·");
      const cell = made("td", "bar", bar, figure, made("small", "", verdict || ""));
      const random = control ? control.after[label] - before : 0;
      const beside = made("td", "st-random", control ? (Math.abs(random) >= NOTICED ? signed(random) : "·") : "");
      const row = made("tr", "", name, made("td", "", percent(before)), made("td", "", percent(after)), cell, beside);
      row.dataset.verdict = (verdict || "").replaceAll(" ", "-");
      return row;
    }),
  );
}

// The rows of a scene on which nothing is painted.
function sharesOf(classes) {
  const counts = new Map();
  for (const number of classes) counts.set(number, (counts.get(number) || 0) + 1);
  return [...counts]
    .filter(([number]) => number < model.labels.length)
    .sort((a, b) => b[1] - a[1])
    .map(([number, count]) => [model.labels[number], count / classes.length])
    .map(([label, share]) => ({ label, before: share, after: share, verdict: "" }));
}

async function compareWithRandom() {
  const note = one(".st-control");
  const question = painted();
  const asked = ++controlAsked;
  if (!comparing || !question.strokes.length) {
    note.textContent = comparing ? "Paint something first: then random units do the same." : "";
    return;
  }
  try {
    const control = await remembered("control", question);
    if (asked !== controlAsked || !comparing) return;
    tellTable(control);
    note.textContent = `“random” is the change by as many other units of the layer under the same strokes, a mean over ${control.trials} draws. What they do as well is not evidence for the chosen ones.`;
  } catch (error) {
    if (asked === controlAsked) note.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
  }
}

function tellLegend() {
  const legend = one(".st-legend");
  legend.hidden = !view.classes;
  if (!view.classes) return;
  const there = new Set([...view.shown.classesBefore, ...view.shown.classesAfter]);
  legend.replaceChildren(
    ...model.labels.flatMap((label, number) => {
      if (!there.has(number)) return [];
      const dot = made("i");
      dot.style.background = model.colours[number];
      return [made("li", "", dot, label)];
    }),
  );
}

function tellHistory() {
  const { marks } = session.now;
  one(".st-none").hidden = marks.length > 0;
  one(".st-history").replaceChildren(...marks.map(({ id, on }, index) => stroked(id, on, index + 1)));
}

function stroked(id, on, number) {
  const { mode, concept, strength, units, by, example } = strokeOf(id);
  const toggle = made("input");
  Object.assign(toggle, { type: "checkbox", checked: on, ariaLabel: `Stroke ${number}: ${mode} ${concept}, on or off` });
  toggle.addEventListener("change", () => {
    if (toggle.checked && refuseMore()) {
      toggle.checked = false;
      return;
    }
    const marks = session.now.marks.map((mark) => (mark.id === id ? { ...mark, on: toggle.checked } : mark));
    step({ ...session.now, marks });
    tell();
    refresh();
  });
  const dot = made("i");
  dot.style.background = colourOf(concept);
  const how = example ? exampleOf(example) : `${units} units${by === "agreement" ? "" : ` by ${by}`}`;
  const detail = made("small", "", `strength ${strength.toFixed(2)} · ${how}`);
  const name = made("button", "", dot, `${VERBS[mode]} ${concept}`, detail);
  Object.assign(name, { type: "button", title: "Let the sliders change this stroke", ariaPressed: String(id === chosen) });
  name.addEventListener("click", () => {
    chosen = id === chosen ? null : id;
    if (chosen) Object.assign(settings, { tool: mode, concept, strength, by, share: units / model.units });
    showSettings();
    tellHistory();
    judgeAgain();
  });
  const row = made("li", on ? "" : "st-off", toggle, name);
  if (on && (others.get(id) || []).length > 1) {
    const another = made("button", "st-another", "Another one");
    Object.assign(another, { type: "button", title: "Take the next example for this stroke" });
    another.addEventListener("click", () => takeAnother(id));
    row.append(another);
  }
  row.classList.toggle("st-chosen", id === chosen);
  return row;
}

const exampleOf = ({ seed }) => (seed === null ? "from what surrounds it" : `as in scene ${seed}`);

// The next of the examples that were found for a stroke, in place of the one that it has; undo brings that back.
function takeAnother(id) {
  const found = others.get(id);
  const now = JSON.stringify(session.strokes[id].example);
  const place = found.findIndex((example) => JSON.stringify(example) === now);
  replaceStroke(id, { ...session.strokes[id], example: found[(place + 1) % found.length] });
  others.set(chosen, found);
  tell();
  refresh();
}

function listenToFindings() {
  one(".st-which").addEventListener("change", (event) => {
    if (event.target.value === "this") comparing = one("[data-of=control]").checked = false;
    judgeBy(event.target.value);
  });
  one("[data-of=control]").addEventListener("change", (event) => {
    comparing = event.target.checked;
    if (comparing) judgeBy("all"); // random units make all of the strokes
    tellTable(null);
    compareWithRandom();
  });
}
