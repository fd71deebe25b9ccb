// Asking the server. A page asks for one picture at a time, and always for the latest.
// The page's own address, below which its routes are: a proxy may show the page at a path such as /lab.
const HOME = location.origin + location.pathname.replace(/\/?$/, "/");
const PICTURES_KEPT = 60;
const answers = new Map(); // by question; the longest unused first
let rendering = false;
let due = false;

async function ask(name, question) {
  const reply = await fetch(new URL(`lab/paint/${name}`, HOME), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  const answer = await reply.json().catch(() => ({ error: `the server answered ${reply.status}` }));
  if (!reply.ok || answer.error) {
    const error = new Error(answer.error || "the server could not answer");
    error.forgotten = Boolean(answer.forgotten); // the server no longer has the picture that was asked about
    error.refused = reply.ok; // asking again would not help
    throw error;
  }
  return answer;
}

async function remembered(name, question) {
  const key = name + JSON.stringify(question);
  const known = answers.get(key);
  answers.delete(key);
  const answer = known || (await ask(name, question));
  answers.set(key, answer);
  if (answers.size > PICTURES_KEPT) answers.delete(answers.keys().next().value);
  return answer;
}

function fail(error) {
  const line = one(one(".paint-room").hidden ? ".paint-closed" : ".paint-error");
  line.textContent = error.message === "Failed to fetch" ? "The server does not answer. Is it still running?" : error.message;
  line.hidden = false;
}

// Shows the session as it now is; calls made meanwhile lead to one more, with what is then the latest.
async function refresh() {
  due = true;
  if (rendering) return;
  rendering = true;
  let lost = null; // why what was to be shown is not, told once what is left is shown
  let refused = null; // the question about a stroke that was taken back
  const slow = setTimeout(() => (one(".paint-busy").hidden = false), 300);
  while (due) {
    due = false;
    const question = painted();
    const asked = preview ? [] : marksOn().map(({ id }) => id);
    const { seed } = question;
    const stroke = judgedStroke();
    try {
      const scene = await remembered("scene", { ...question, strokes: [] });
      const result = question.strokes.length ? await remembered("render", { ...question, stroke }) : null;
      if (result) keepOffers(asked, result.examples);
      if (due) continue;
      await show(scene, result, seed, stroke);
      if (lost) fail(lost);
      else one(".paint-error").hidden = true;
      if (refused) showPlaces(refused);
      lost = refused = null;
    } catch (error) {
      if (error.forgotten) {
        if (!(await invertAgain(question.picture))) lost = new Error("Your picture is no longer kept: choose it again.");
        due = true;
        continue;
      }
      fail(error);
      if (due) continue;
      // Strokes that another layer cannot paint: the scene is shown without them, and they can be switched off.
      if (!view.shown) await remembered("scene", { ...question, strokes: [] }).then((scene) => show(scene, null, seed), fail);
      if (!error.refused) tell();
      else if (takeBack()) [lost, refused] = [error, question];
      else showPlaces(question);
    }
  }
  clearTimeout(slow);
  one(".paint-busy").hidden = true;
  rendering = false;
}

// Where the thing of the refused stroke could grow.
async function showPlaces({ strokes, ...scene }) {
  const last = strokes.at(-1);
  if (!last || last.mode !== "add" || last.by !== "example") return;
  try {
    const { shares } = await remembered("places", { ...scene, strokes: undefined, concept: last.concept });
    const most = Math.max(...shares.flat());
    view.places = most > 0 ? shares.map((row) => row.map((share) => share / most)) : null;
    const line = one(".paint-error");
    if (view.places) line.textContent = line.textContent.replace(/\.?$/, ". It can where the picture is bright.");
    draw();
  } catch (error) {
    fail(error);
  }
}

// A stroke that cannot be painted does not stay; nor does it come back by redo. Whether there was one.
function takeBack() {
  preview = null;
  view.pending = null;
  view.live = null;
  const { marks } = session.now;
  const added = marks.length > 0 && session.past.length > 0 && !session.past.at(-1).marks.some(({ id }) => id === marks.at(-1).id);
  if (added) {
    undo();
    session.future.pop();
    chosen = null;
    save();
    due = true;
  }
  tell();
  return added;
}
