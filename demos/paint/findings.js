// What the strokes did: the sentence, the table, the legend.
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
  for (const input of all("input[name=paint-which]")) input.checked = input.value === which;
  judgeAgain();
}

function tell() {
  const { shown } = view;
  if (!shown) return;
  one(".paint-said").textContent = shown.said;
  one("[data-do=undo]").disabled = !session.past.length;
  one("[data-do=redo]").disabled = !session.future.length;
  one(".paint-which").hidden = marksOn().length < 2;
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
  one(".paint-table").classList.toggle("paint-compared", control !== null);
  one(".paint-table tbody").replaceChildren(
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
      const beside = made("td", "paint-random", control ? (Math.abs(random) >= NOTICED ? signed(random) : "·") : "");
      const row = made("tr", "", name, made("td", "", percent(before)), made("td", "", percent(after)), cell, beside);
      row.dataset.verdict = (verdict || "").replaceAll(" ", "-");
      row.classList.toggle("paint-same", Boolean(shown.rows) && Math.max(Math.abs(change), Math.abs(random)) < NOTICED);
      return row;
    }),
  );
  const same = all(".paint-table .paint-same").length;
  one(".paint-rest").hidden = !same;
  one(".paint-rest").textContent = one(".paint-table").classList.contains("paint-whole") ? "Only what changed" : `${same} more, as before`;
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
  const note = one(".paint-control");
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
  const legend = one(".paint-legend");
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

function listenToFindings() {
  one(".paint-rest").addEventListener("click", () => {
    one(".paint-rest").setAttribute("aria-expanded", one(".paint-table").classList.toggle("paint-whole"));
    tellTable(null);
    compareWithRandom();
  });
  one(".paint-which").addEventListener("change", (event) => {
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
