// A picture of one's own: brought by a button, dropped or pasted; the server finds what the generator draws it from.
// The page keeps its pixels, so that it is sent again where the server has forgotten it.
const MOST_FILE = 4 * 2 ** 20;
const OWN = "gan-lab-own-pictures";
const OWN_KEPT = 3;
const LOOK_AGAIN = 250; // milliseconds
const brought = new Map(stored(OWN).pictures || []); // digest -> { name, prepared, notes }; the longest unused first
let inverting = null; // the picture under way: { model, layer, picture }

function keepOwn(picture, own) {
  brought.delete(picture);
  brought.set(picture, own);
  if (brought.size > OWN_KEPT) brought.delete(brought.keys().next().value);
  try {
    sessionStorage.setItem(OWN, JSON.stringify({ pictures: [...brought] }));
  } catch {
    sessionStorage.removeItem(OWN); // no room: they last until the page is reloaded
  }
}

async function encoded(file) {
  const url = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => done("");
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(",") + 1);
}

async function bring(file) {
  try {
    if (!file || inverting || (await openedBy(file)) || !session) return;
  } catch (error) {
    fail(error);
    return;
  }
  if (file.size > MOST_FILE) {
    fail(new Error(`${file.name} is too large: expected at most ${MOST_FILE / 2 ** 20} MB.`));
    return;
  }
  try {
    const found = await inverted(file.name, await encoded(file));
    if (found) paintOn(found);
  } catch (error) {
    fail(error);
  }
}

function paintOn(picture) {
  if (picture === session.now.picture) return;
  chosen = null;
  closeExplained();
  step({ seed: session.now.seed, picture, marks: [] });
  refresh();
}

// The digest of a picture, once the server has found what it is drawn from; null where that was cancelled.
async function inverted(name, file) {
  const here = { model: model.model, layer: session.layer };
  const bar = one(".paint-inverting progress");
  one(".paint-error").hidden = true;
  inverting = here;
  bar.removeAttribute("value");
  one("[data-own=file]").disabled = true;
  try {
    const { picture, prepared, notes } = await ask("upload", { ...here, file });
    keepOwn(picture, { name, prepared, notes });
    inverting = { ...here, picture };
    one(".paint-inverting img").src = prepared;
    one(".paint-inverting").hidden = false;
    for (;;) {
      const { phase, done, trouble } = await ask("inverting", inverting);
      bar.value = done;
      if (phase === "ready") return picture;
      if (phase === "cancelled") return null;
      if (phase === "failed") throw new Error(trouble);
      await new Promise((next) => setTimeout(next, LOOK_AGAIN));
    }
  } finally {
    inverting = null;
    one(".paint-inverting").hidden = true;
    one("[data-own=file]").disabled = false;
  }
}

// Whether a picture that the server has forgotten is there again, or no longer open; where not, the scene takes its place.
async function invertAgain(picture) {
  const [asked, own] = [session, brought.get(picture)];
  const left = () => session !== asked || session.now.picture !== picture; // it takes a while, and people go on
  try {
    const found = own && (await inverted(own.name, own.prepared.slice(own.prepared.indexOf(",") + 1)));
    if (left()) return true;
    if (found) {
      session.now = { ...session.now, picture: found };
      return true;
    }
  } catch (error) {
    if (left()) return true;
    fail(error);
  }
  step({ seed: session.now.seed, marks: [] });
  return false;
}

function tellOwn() {
  const { own } = view.shown;
  one(".paint-own").hidden = !own;
  if (!own) return;
  const kept = brought.get(session.now.picture) || { prepared: view.shown.sources[0], notes: [] };
  one("[data-own=given]").src = kept.prepared;
  one("[data-own=drawn]").src = own.rendering;
  one(".paint-own-said").textContent = own.said;
  one(".paint-own-notes").replaceChildren(...[...kept.notes, ...own.notes].map((note) => made("li", "", note)));
}

const ownName = () => ((brought.get(session.now.picture) || {}).name || "my-picture").replace(/\.[^.]*$/, "");

function listenToOwn() {
  const input = one("[data-own=file]");
  input.addEventListener("change", () => {
    bring(input.files[0]);
    input.value = ""; // the same file may be chosen again
  });
  const end = (take) => () => ask("end", { ...inverting, take }).catch(fail);
  one("[data-do=enough]").addEventListener("click", end(true));
  one("[data-do=cancel]").addEventListener("click", end(false));
  const frame = one(".paint-frame");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    frame.addEventListener(kind, (event) => {
      event.preventDefault();
      frame.classList.toggle("paint-over", kind === "dragenter" || kind === "dragover");
    });
  }
  // A file dropped anywhere on the page is never opened in its place.
  const holdsFiles = (event) => event.dataTransfer && event.dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event) || (event.defaultPrevented && !element.contains(event.target))) return; // another tab takes it
    event.preventDefault();
    showTab("paint");
    bring(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    if (element.offsetParent !== null && !event.target.matches("input, textarea")) bring(event.clipboardData.files[0]);
  });
}
