// The table of units: sorting, filtering, and choosing a unit by pointer or keyboard.
const PAUSE = 180; // milliseconds that the arrow keys must rest before a unit is opened
const state = { column: "score", down: true, concept: "", of: "" };
let resting = null;

const all = (selector) => [...element.querySelectorAll(selector)];
const shown = () => all("tbody tr").filter((row) => !row.hidden);

function arrange() {
  const body = element.querySelector("tbody");
  if (!body) return;
  const of = element.querySelector(".chips").dataset.of;
  if (of !== state.of) Object.assign(state, { of, concept: "" }); // another layer shows all of its units at first
  const value = (row) => (state.column === "concept" ? row.dataset.concept : Number(row.dataset[state.column]));
  const rows = all("tbody tr").sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    const order = a < b ? -1 : a > b ? 1 : 0;
    return (state.down ? -order : order) || Number(one.dataset.unit) - Number(other.dataset.unit);
  });
  body.append(...rows);
  for (const row of rows) row.hidden = Boolean(state.concept) && row.dataset.concept !== state.concept;
  for (const head of all("th[data-column]")) {
    const here = head.dataset.column === state.column;
    head.setAttribute("aria-sort", here ? (state.down ? "descending" : "ascending") : "none");
  }
  for (const chip of all(".chips button")) {
    chip.setAttribute("aria-pressed", chip.dataset.concept === state.concept);
  }
  const told = element.querySelector(".units-told");
  if (told) told.textContent = `${shown().length} of ${rows.length} units`;
  // The keyboard enters the table at one row: the chosen one, or the first.
  const entry = shown().find((row) => row.hasAttribute("aria-current")) || shown()[0];
  for (const row of rows) row.querySelector("button").tabIndex = row === entry ? 0 : -1;
}

function choose(row, pause) {
  for (const other of all("tbody tr")) {
    if (other === row) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
    other.querySelector("button").tabIndex = other === row ? 0 : -1;
  }
  row.querySelector("button").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  clearTimeout(resting);
  resting = setTimeout(() => trigger("select", { unit: Number(row.dataset.unit) }), pause);
}

element.addEventListener("click", (event) => {
  const head = event.target.closest("th[data-column] button");
  const chip = event.target.closest(".chips button");
  const row = event.target.closest("tbody tr");
  if (head) {
    const column = head.parentElement.dataset.column;
    const first = !["unit", "concept"].includes(column);
    state.down = column === state.column ? !state.down : first;
    state.column = column;
    arrange();
  } else if (chip) {
    state.concept = chip.dataset.concept;
    arrange();
  } else if (row) {
    choose(row, 0);
  }
});
element.addEventListener("keydown", (event) => {
  const row = event.target.closest("tbody tr");
  if (!row) return;
  const rows = shown();
  const place = rows.indexOf(row);
  const goal = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (goal === undefined || !rows[goal]) return;
  event.preventDefault();
  choose(rows[goal], PAUSE);
});
watch("value", arrange);
arrange();
