// Opens the model that is picked, and shows the parts that it has.
const PARTS = {
  walk: { title: "Walk", enter: enterWalk, leave: () => walkPlayer.stop(), fits: (of) => of.kind === "images" },
  sums: { title: "Arithmetic", enter: enterSums, fits: (of) => of.kind === "images" },
  directions: { title: "Directions", enter: enterDirections, fits: (of) => of.kind === "images" },
  pull: { title: "Drag points", enter: enterPull, leave: () => stopPulling(), fits: (of) => Boolean(of.dragging) },
  mix: { title: "Mix styles", enter: enterMix, fits: (of) => of.kind === "images" && of.mixing.length > 0 },
  asked: {
    title: "Ask for it",
    enter: enterAsked,
    fits: (of) => of.kind === "images" && Boolean(of.classes || of.codes || of.words.length),
  },
  plane: { title: "The plane", enter: () => loadPlane(), leave: () => planePlayer.stop(), fits: (of) => of.kind === "points" },
  drive: { title: "Drive", enter: enterDrive, leave: () => stopDriving(), fits: (of) => of.kind === "drives" },
  translate: { title: "Translate", enter: enterTranslate, fits: (of) => of.kind === "translation" },
};
const tabs = find(".explore-parts");
const opening = find(".explore-opening");
let wanted = null; // the key of the model that is picked
let seen = false; // whether the tab was looked at: a model is opened for those who look

async function openModel() {
  const key = props.value && props.value.model;
  if (!seen || !key || key === wanted) return;
  wanted = key;
  leaveRooms();
  find(".explore-open").hidden = true;
  opening.hidden = false;
  complain(null);
  delete element.dataset.open;
  try {
    const found = await (await post("open", { model: key })).json();
    const view = await viewOf(found);
    if (wanted !== key) return; // another was picked meanwhile: its answer is awaited
    begin(found, view);
  } catch (error) {
    if (wanted !== key) return;
    complain(error);
    wanted = null;
  }
  opening.hidden = true;
}

function begin(found, view) {
  open = found;
  [frames, cloud, trail, stripPicture, lengths] = [null, null, null, null, null];
  pullPast = []; // of another model
  strips.clear();
  delete list.dataset.of;
  const parts = Object.keys(PARTS).filter((part) => PARTS[part].fits(open));
  chosen({
    part: parts[0],
    first: 0,
    ends: [0, 1],
    way: open.shell || open.kind === "translation" ? "circle" : "straight",
    place: 0.5,
    nine: open.sum,
    seed: 0,
    method: "sefa",
    mixed: [2, 1],
    mixedFrom: 1,
    label: 0,
    values: Array(open.codes || 0).fill(0),
    text: (open.captions || [])[0],
    target: (open.targets || [])[0],
  });
  keep(view);
  if (!parts.includes(chosen().part)) keep({ part: parts[0] });
  tabs.replaceChildren(...parts.map(partTab));
  tabs.hidden = parts.length < 2;
  find(".explore-open").hidden = false;
  if (open.kind === "images" || open.kind === "points") {
    buildAsked();
    samples.classList.toggle("explore-numbers", open.kind === "points");
    showTruncation();
    showStrip();
    showMapLayers();
  }
  const lacking = open.kind === "images" && !open.mixing.length;
  find(".explore-lacking").hidden = !lacking;
  openPart(chosen().part);
  element.dataset.open = open.model;
}

function partTab(part) {
  const tab = make("button", { type: "button", textContent: PARTS[part].title });
  tab.dataset.part = part;
  tab.setAttribute("role", "tab");
  tab.addEventListener("click", () => openPart(part));
  return tab;
}

function openPart(part) {
  leaveRooms();
  keep({ part });
  for (const tab of tabs.children) {
    const on = tab.dataset.part === part;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
  }
  for (const section of findAll("section[data-part]")) section.hidden = section.dataset.part !== part;
  complain(null);
  markSamples();
  PARTS[part].enter();
}

function leaveRooms() {
  for (const { leave } of Object.values(PARTS)) if (leave) leave();
}

tabs.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...tabs.children];
  const next = all.at((all.indexOf(document.activeElement) + step) % all.length);
  next.focus();
  openPart(next.dataset.part);
});
watch("value", openModel);
new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  seen = true;
  openModel();
}).observe(element);
