// The list of strokes: switched on and off, renamed, moved, deleted, and retuned by the sliders. All of it can be undone.
let dragged = null; // the id of the stroke that is being moved

function tellHistory() {
  const { marks } = session.now;
  one(".paint-none").hidden = marks.length > 0;
  const list = one(".paint-history");
  const held = list.contains(document.activeElement) ? document.activeElement.closest("li").dataset.id : null;
  list.replaceChildren(...marks.map((mark, index) => stroked(mark, index)));
  const again = held && list.querySelector(`[data-id="${held}"] .paint-name`);
  if (again) again.focus();
  const last = list.querySelector(".paint-chosen") || list.lastElementChild;
  if (last) list.scrollTop = last.offsetTop - list.offsetTop - list.clientHeight / 2;
}

function changeMarks(marks) {
  step({ ...session.now, marks });
  preview = null;
  tell();
  refresh();
}

function stroked({ id, on, name }, index) {
  const { mode, concept, strength, units, by, example } = strokeOf(id);
  const { marks } = session.now;
  const said = name || `${VERBS[mode]} ${concept}`;
  const toggle = made("input");
  Object.assign(toggle, { type: "checkbox", checked: on, ariaLabel: `Stroke ${index + 1}: ${mode} ${concept}, on or off` });
  toggle.addEventListener("change", () => {
    if (toggle.checked && refuseMore()) toggle.checked = false;
    else changeMarks(marks.map((mark) => (mark.id === id ? { ...mark, on: toggle.checked } : mark)));
  });
  const dot = made("i");
  dot.style.background = colourOf(concept);
  const how = example ? exampleOf(example) : `${units} units${by === "agreement" ? "" : ` by ${by}`}`;
  const button = made("button", "paint-name", dot, said, made("small", "", `strength ${strength.toFixed(2)} · ${how}`));
  const keys = "Let the sliders change this stroke. F2 renames it, Delete removes it, Alt and an arrow move it.";
  Object.assign(button, { type: "button", title: keys, ariaPressed: String(id === chosen) });
  button.addEventListener("click", () => choose(id));
  button.addEventListener("dblclick", () => rename(row, id, said));
  button.addEventListener("keydown", (event) => {
    if (event.key === "F2") rename(row, id, said);
    else if (event.key === "Delete") remove(id);
    else if (event.altKey && event.key === "ArrowUp") moveTo(id, index - 1);
    else if (event.altKey && event.key === "ArrowDown") moveTo(id, index + 1);
    else return;
    event.preventDefault();
  });
  const row = made("li", on ? "" : "paint-off", toggle, button);
  row.dataset.id = id;
  if (on && (others.get(id) || []).length > 1) row.append(small("Another one", "Take the next example for this stroke", () => takeAnother(id), "paint-another"));
  if (id === chosen) {
    row.append(
      made(
        "span",
        "paint-edit",
        small("↑", "Move this stroke up", () => moveTo(id, index - 1)),
        small("↓", "Move this stroke down", () => moveTo(id, index + 1)),
        small("✎", "Rename this stroke", () => rename(row, id, said)),
        small("×", "Delete this stroke", () => remove(id)),
      ),
    );
  }
  row.classList.toggle("paint-chosen", id === chosen);
  row.draggable = true;
  row.addEventListener("dragstart", (event) => {
    dragged = id;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", said);
  });
  row.addEventListener("dragend", () => (dragged = null));
  row.addEventListener("dragover", (event) => dragged && event.preventDefault());
  row.addEventListener("drop", (event) => {
    event.preventDefault();
    if (dragged) moveTo(dragged, index);
  });
  return row;
}

function small(text, title, act, name = "") {
  const button = made("button", name, text);
  Object.assign(button, { type: "button", title });
  if (text.length === 1) button.ariaLabel = title; // a sign says little
  button.addEventListener("click", act);
  return button;
}

function choose(id) {
  chosen = id === chosen ? null : id;
  if (chosen) {
    const { mode, concept, strength, by, units } = strokeOf(id);
    Object.assign(settings, { tool: mode, concept, strength, by, share: units / model.units });
  }
  showSettings();
  tellHistory();
  judgeAgain();
}

function moveTo(id, place) {
  const { marks } = session.now;
  if (place < 0 || place >= marks.length) return;
  const rest = marks.filter((mark) => mark.id !== id);
  rest.splice(place, 0, marks.find((mark) => mark.id === id));
  changeMarks(rest);
}

function remove(id) {
  if (chosen === id) chosen = null;
  changeMarks(session.now.marks.filter((mark) => mark.id !== id));
}

function rename(row, id, said) {
  const input = made("input");
  Object.assign(input, { type: "text", value: said, maxLength: 60, ariaLabel: "Name of the stroke" });
  const keep = (kept) => {
    input.onblur = null;
    const name = kept ? input.value.trim() : "";
    if (name && name !== said) step({ ...session.now, marks: session.now.marks.map((mark) => (mark.id === id ? { ...mark, name } : mark)) });
    tell();
  };
  input.onblur = () => keep(true);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // or the key would press the button that has the focus next
    keep(event.key === "Enter");
  });
  row.draggable = false;
  row.querySelector(".paint-name").replaceWith(input);
  input.select();
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
