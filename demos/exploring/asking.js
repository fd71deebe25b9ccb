// Asking the server, and keeping what a person would miss after a reload. `element`, `props` and `watch` come from
// gr.HTML; the files of this folder are one script, in the order that tab.py gives them.
const find = (selector, within = element) => within.querySelector(selector);
const findAll = (selector, within = element) => [...within.querySelectorAll(selector)];
// The page's own address, below which its routes are: a proxy may show the page at a path such as /lab.
const HOME = location.origin + location.pathname.replace(/\/?$/, "/");
const MEMORY = "gan-lab-explore";
const trouble = find(".explore-trouble");
let complaint = null; // the error that is told

let open = null; // what the server says of the model that is open
let memory = {}; // what was chosen, by model

try {
  memory = JSON.parse(sessionStorage.getItem(MEMORY)) || {};
} catch {
  memory = {}; // a browser that keeps nothing still explores
}

// The choices made with the model that is open; `first` fills in what was not chosen yet.
function chosen(first = {}) {
  memory[open.model] = { ...first, ...memory[open.model] };
  return memory[open.model];
}

function keep(changes) {
  Object.assign(chosen(), changes);
  try {
    sessionStorage.setItem(MEMORY, JSON.stringify(memory));
  } catch {
    // only a reload would tell the difference
  }
}

async function post(name, asked) {
  let answer;
  try {
    answer = await fetch(new URL(`lab/explore/${name}`, HOME), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
    });
  } catch {
    throw new Error("The lab does not answer: is it still running?");
  }
  const told = (answer.headers.get("Content-Type") || "").startsWith("application/json");
  const said = told ? await answer.clone().json().catch(() => ({})) : {};
  if (answer.ok && !said.error) return answer;
  throw new Error(said.error || `The lab answered with ${answer.status}.`);
}

const UNTRUNCATED = ["directions", "cloud"]; // no samples by their numbers
const ask = (name, asked = {}) => {
  const { truncation } = chosen();
  const drawn = truncation && open.truncation && !UNTRUNCATED.includes(name) ? { truncation } : {};
  return post(name, { model: open.model, ...drawn, ...asked });
};
const askPicture = async (name, asked) => createImageBitmap(await (await ask(name, asked)).blob());
const askJson = async (name, asked) => (await ask(name, asked)).json();

function complain(error) {
  complaint = error;
  trouble.textContent = error ? error.message : "";
  trouble.hidden = !error;
}

// A job that runs once at a time: what is asked meanwhile waits, and only the last of it is done. A job that ends
// after another model was opened shows nothing: it gets `still`, which says whether its model is open. One that ends well
// takes back what was told before it began, and not what went wrong beside it.
function oneAtATime(job) {
  let busy = false;
  let next = null;
  return async function run(...given) {
    if (busy) {
      next = given;
      return;
    }
    busy = true;
    const of = open;
    const before = complaint;
    element.dataset.busy = Number(element.dataset.busy || 0) + 1;
    try {
      await job(() => open === of, ...given);
      if (open === of && complaint === before) complain(null);
    } catch (error) {
      if (open === of) complain(error);
    } finally {
      busy = false;
      element.dataset.busy = Number(element.dataset.busy) - 1;
    }
    if (next) {
      const again = next;
      next = null;
      run(...again);
    }
  };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const saveCanvas = (canvas, name) => canvas.toBlob((blob) => save(blob, name));
