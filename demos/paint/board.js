// Ties the tab together: opens a model, and hears buttons and keys.
let opening = 0;
let wanted = null; // the key of the model that was picked last

// Opens a model; `linked` is a session of it that the server has read. Returns whether that went well.
async function open(key, layer, linked = null) {
  const asked = ++opening;
  wanted = key;
  const kept = ((stored().models || {})[key] || {}).layer;
  const room = one(".paint-room");
  one(".paint").dataset.state = "waiting";
  const slow = setTimeout(() => (one(".paint-busy").hidden = false), 300);
  try {
    const told = await ask("model", { model: key, layer: layer || kept || null });
    if (asked !== opening) return true;
    one(".paint-closing").hidden = !told.closed;
    one(".paint-closed").textContent = told.closed || "";
    one("[data-do=dissect]").hidden = !told.dissectable;
    room.hidden = Boolean(told.closed);
    if (told.closed) {
      one(".paint").dataset.state = "closed";
      window.labAddress.change({ model: key, seed: "", session: "" });
      return true;
    }
    model = told;
    session = restore(told);
    chosen = null;
    preview = null;
    view.shown = null;
    view.previous = null;
    closeExplained();
    if (linked) takeShared(linked);
    one("[data-of=layer]").replaceChildren(...told.layers.map((name) => new Option(name, name)));
    one("[data-of=by] [value=cause]").disabled = !told.byCause;
    showPalette();
    showSettings();
    save();
    await refresh();
    one(".paint").dataset.state = "open";
    return true;
  } catch (error) {
    fail(error);
    return false;
  } finally {
    clearTimeout(slow);
    one(".paint-busy").hidden = true;
  }
}

function press(name) {
  if (name === "undo" ? undo() : redo()) {
    chosen = null;
    preview = null;
    closeExplained();
    tell();
    refresh();
  }
}

function saveAs(file, name) {
  const link = Object.assign(made("a"), { href: URL.createObjectURL(file), download: name });
  element.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const pressed = (name, on) => one(`[data-do=${name}]`).setAttribute("aria-pressed", on);

function listenToButtons() {
  // The other tab begins with the layer in the middle; until it shows this model, its button rests.
  one("[data-do=dissect]").addEventListener("click", async () => {
    showTab("dissect");
    for (let turn = 0; turn < 100; turn++) {
      const button = document.querySelector("#dissect-run");
      if (button && button.checkVisibility() && !button.disabled) return button.click();
      await new Promise((next) => setTimeout(next, 100));
    }
  });
  one("[data-do=undo]").addEventListener("click", () => press("undo"));
  one("[data-do=redo]").addEventListener("click", () => press("redo"));
  one("[data-do=over]").addEventListener("click", () => {
    chosen = null;
    step({ ...session.now, marks: [] });
    tell();
    refresh();
  });
  const hold = (on) => (event) => {
    if (event.type.startsWith("key") && ![" ", "Enter"].includes(event.key)) return;
    view.holding = on;
    draw();
  };
  for (const kind of ["pointerdown", "keydown"]) one("[data-do=original]").addEventListener(kind, hold(true));
  for (const kind of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) {
    one("[data-do=original]").addEventListener(kind, hold(false));
  }
  one("[data-do=classes]").addEventListener("click", () => {
    view.classes = !view.classes;
    pressed("classes", view.classes);
    tellLegend();
    draw();
  });
  one("[data-do=compare]").addEventListener("click", () => {
    split(view.split === null ? 0.5 : null);
    pressed("compare", view.split !== null);
  });
  one("[data-do=png]").addEventListener("click", () => {
    const name = session.now.picture ? `${ownName()}-painted` : `scene-${session.now.seed}`;
    saveAs(pictureFile(), `${name}.png`);
  });
  one("[data-do=script]").addEventListener("click", async () => {
    try {
      const { name, text, zip } = await ask("script", painted());
      const file = zip ? new Blob([bytes(zip)], { type: "application/zip" }) : new Blob([text], { type: "text/x-python" });
      saveAs(file, name);
    } catch (error) {
      fail(error);
    }
  });
}

// The handle between before and after.
function split(share) {
  const handle = one(".paint-split");
  view.split = share === null ? null : Math.min(1, Math.max(0, share));
  handle.hidden = share === null;
  handle.style.left = `${100 * (view.split || 0)}%`;
  handle.setAttribute("aria-valuenow", Math.round(100 * (view.split || 0)));
  draw();
}

function listenToSplit() {
  const handle = one(".paint-split");
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) split(place(event)[0]);
  });
  handle.addEventListener("keydown", (event) => {
    const stride = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (!stride) return;
    event.preventDefault();
    split(view.split + stride);
  });
}

// Undo and redo wherever the focus is, except in a field where they have a meaning of its own.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input[type=number], input[type=text], input:not([type]), textarea");
  if (!(event.ctrlKey || event.metaKey) || typing || !session || element.offsetParent === null) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  press(key === "y" || event.shiftKey ? "redo" : "undo");
});

// A model may have been dissected in another tab meanwhile: ask again when this one is shown.
new IntersectionObserver((entries) => {
  const shown = entries.some((entry) => entry.isIntersecting);
  if (shown && wanted && one(".paint").dataset.state === "closed") open(wanted);
}).observe(element);

listenToTools();
listenToButtons();
listenToSplit();
listenToFindings();
listenToScenes();
listenToOwn();
listenToLink();
watch("value", () => {
  if (props.value.model !== wanted) open(props.value.model);
});
(async () => {
  let trouble = null; // why what was asked for is not shown
  try {
    const asked = await askedFor();
    const read = asked && asked.format !== undefined ? await ask("session", asked) : asked;
    if (read && (await open(read.model, read.layer, read.strokes ? read : null))) return;
    if (read) trouble = new Error(one(".paint-error").textContent);
  } catch (error) {
    trouble = error;
  }
  await open(props.value.model);
  if (trouble) fail(trouble);
})();
