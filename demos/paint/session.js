// The session of this page: kept in sessionStorage, so that it outlives a reload and is this page's alone.
// A step is { seed, picture, marks: [{ id, on }] }, with the digest of a picture of one's own or none; strokes never change, so steps share them.
const STORE = "gan-lab-paint";
const MOST_STEPS = 100;
const one = (selector) => element.querySelector(selector);
const all = (selector) => [...element.querySelectorAll(selector)];

const settings = { tool: "erase", concept: "tree", size: 5, soft: 0.3, strength: 1, share: 0.5, by: "example" };
let session = null; // { layer, past, now, future, strokes, strip } of the model that is open
let model = null; // what the server told of it
let preview = null; // a stroke that is being retuned: { id, stroke }
let chosen = null; // the id of the stroke that the sliders change, beside the next one

function stored(name = STORE) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) || {};
  } catch {
    return {}; // a browser that keeps nothing, or something else under this name
  }
}

function save() {
  const used = new Set([session.now, ...session.past, ...session.future].flatMap((step) => step.marks.map(({ id }) => id)));
  session.strokes = Object.fromEntries(Object.entries(session.strokes).filter(([id]) => used.has(id)));
  const keep = stored();
  keep.settings = settings;
  keep.models = { ...keep.models, [model.model]: session };
  try {
    sessionStorage.setItem(STORE, JSON.stringify(keep));
  } catch {
    session.past = session.past.slice(-10); // full: the oldest steps go first
  }
  tellAddress();
}

function restore(told) {
  const keep = stored();
  Object.assign(settings, keep.settings);
  const fresh = { layer: told.layer, past: [], now: { seed: told.seed, marks: [] }, future: [], strokes: {}, strip: [] };
  return { ...fresh, ...(keep.models || {})[told.model], layer: told.layer };
}

function step(now) {
  session.past = [...session.past, session.now].slice(-MOST_STEPS);
  session.now = now;
  session.future = [];
  save();
}

function undo() {
  if (!session.past.length) return false;
  session.future.push(session.now);
  session.now = session.past.pop();
  save();
  return true;
}

function redo() {
  if (!session.future.length) return false;
  session.past.push(session.now);
  session.now = session.future.pop();
  save();
  return true;
}

function addStroke(stroke) {
  const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  session.strokes[id] = stroke;
  chosen = id;
  step({ ...session.now, marks: [...session.now.marks, { id, on: true }] });
}

function replaceStroke(old, stroke) {
  const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  session.strokes[id] = stroke;
  chosen = id;
  const marks = session.now.marks.map((mark) => (mark.id === old ? { ...mark, id } : mark));
  step({ ...session.now, marks });
}

// Strokes by example: the server finds a few; the best is kept with the stroke, and the others for "Another one".
function keepOffers(asked, examples) {
  for (const { stroke, offers } of examples) {
    const id = asked[stroke];
    const old = id && session.strokes[id];
    if (!old || old.example) continue;
    session.strokes[id] = { ...old, example: named(offers[0]) };
    others.set(id, offers.map(named));
  }
  save();
}

const others = new Map(); // of this page alone: id of a stroke -> the examples that were found for it
const named = ({ seed, moved, layers }) => ({ seed, moved, layers });

const strokeOf = (id) => (preview && preview.id === id ? preview.stroke : session.strokes[id]);

// What the server is asked: the whole session.
function sketch() {
  const { seed, picture = null, marks } = session.now;
  const strokes = marks.map(({ id, on }) => ({ ...strokeOf(id), on }));
  return { model: model.model, layer: session.layer, seed, picture, strokes };
}

// The same with the strokes alone that are on: what the picture depends on.
function painted() {
  const all = sketch();
  return { ...all, strokes: all.strokes.filter(({ on }) => on) };
}
