// The session as something to hand on: in the page's address, and inside the downloaded picture. The server reads what
// comes back from outside as it reads all that a page sends; nothing of it gets here otherwise.
const FORMAT = 1;
const KEYWORD = "gan-lab"; // of the tEXt chunk
const LONGEST_LINK = 30000; // characters: browsers and mail programs cut longer ones
const LARGEST_SESSION = 250000; // characters of JSON: what the server takes
const OPENING = "gan-lab-opening"; // a session on its way through a reload
const BROKEN = "there is no session in it that this lab wrote";

// What is handed on: the strokes of a scene. A picture of one's own does not fit into an address.
function shared() {
  const { seed, picture, marks } = session.now;
  const strokes = picture ? [] : marks.map(({ id, on }) => ({ ...session.strokes[id], on }));
  const names = picture ? [] : marks.map(({ name }) => name || null);
  return { format: FORMAT, model: model.model, layer: session.layer, seed, strokes, names };
}

// Puts the session into the page's address; one that is too long for it is left out.
let addressed = 0;
async function tellAddress() {
  const turn = ++addressed;
  const { model: key, seed, ...rest } = shared();
  const code = rest.strokes.length ? await labAddress.packed(JSON.stringify(rest)) : "";
  if (turn === addressed) window.labAddress.change({ model: key, seed: String(seed), session: code.length <= LONGEST_LINK ? code : "" });
  return code.length <= LONGEST_LINK;
}

// What the page is asked to open, as it was given: by its address, or by a picture that was dropped; null for nothing.
async function askedFor() {
  const opening = stored(OPENING);
  if (opening.format !== undefined) {
    sessionStorage.removeItem(OPENING);
    return opening;
  }
  const { model: key, seed, session: code } = window.labAddress.asked;
  if (!key || (seed === undefined && !code)) return key ? { model: key } : null;
  try {
    const found = code ? JSON.parse(await labAddress.unpacked(code, LARGEST_SESSION)) : { format: FORMAT };
    return { ...found, model: key, seed: Number(seed) };
  } catch {
    throw new Error(`This link cannot be opened: ${BROKEN}.`);
  }
}

// Shows a session that the server has read.
function takeShared({ seed, strokes, names }) {
  const marks = strokes.map(({ on, ...stroke }, place) => {
    const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
    session.strokes[id] = { ...stroke, units: stroke.units || Math.max(1, model.units >> 1) };
    return { id, on, ...(names[place] ? { name: names[place] } : {}) };
  });
  chosen = null;
  step({ seed, marks });
}

const CRC = Uint32Array.from({ length: 256 }, (_, number) => {
  for (let turn = 0; turn < 8; turn++) number = number & 1 ? 0xedb88320 ^ (number >>> 1) : number >>> 1;
  return number;
});
const checksum = (data) => ~data.reduce((sum, byte) => CRC[(sum ^ byte) & 255] ^ (sum >>> 8), -1);

// The PNG with a tEXt chunk behind its header.
function withText(png, text) {
  const inside = Uint8Array.from(`tEXt${KEYWORD}\0${text}`, (letter) => letter.charCodeAt(0));
  const chunk = new Uint8Array(inside.length + 8);
  const numbers = new DataView(chunk.buffer);
  numbers.setUint32(0, inside.length - 4);
  chunk.set(inside, 4);
  numbers.setInt32(inside.length + 4, checksum(inside));
  const header = 8 + 25; // bytes of the signature and of IHDR
  return new Blob([png.slice(0, header), chunk, png.slice(header)], { type: "image/png" });
}

// The text that the lab wrote into a PNG; null where there is none.
function textIn(data) {
  const numbers = new DataView(data.buffer);
  if (data.length < 33 || numbers.getUint32(0) !== 0x89504e47) return null;
  for (let place = 8; place + 12 <= data.length; ) {
    const length = numbers.getUint32(place);
    const inside = new TextDecoder("latin1").decode(data.subarray(place + 4, place + 8 + Math.min(length, LARGEST_SESSION)));
    if (inside.startsWith(`tEXt${KEYWORD}\0`)) return inside.slice(5 + KEYWORD.length);
    place += length + 12;
  }
  return null;
}

// The picture that is shown, as a file that opens its session again when it is dropped on the page.
function pictureFile() {
  const png = bytes(view.shown.sources[1].slice(view.shown.sources[1].indexOf(",") + 1));
  const text = JSON.stringify(shared()).replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const small = !session.now.picture && text.length <= LARGEST_SESSION;
  return small ? withText(png, text) : new Blob([png], { type: "image/png" });
}

// Whether a file brought a session, which is then opened; an error for one that is damaged or forged.
async function openedBy(file) {
  const text = textIn(new Uint8Array(await file.arrayBuffer()));
  if (text === null) return false;
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Error(`The settings in ${file.name} cannot be read: ${BROKEN}.`);
  }
  const read = await ask("session", given);
  if (model && read.model === model.model && read.layer === session.layer) {
    takeShared(read);
    refresh();
  } else {
    sessionStorage.setItem(OPENING, JSON.stringify(given));
    window.labAddress.follow({ tab: "paint", model: read.model });
  }
  return true;
}

// Puts the picture that is shown among the kept ones, with the link of its session.
async function keepPicture() {
  if (session.now.picture) throw new Error("A picture of yours does not fit into a link: take the script.");
  const { model: key, seed, ...rest } = shared();
  const code = rest.strokes.length ? await labAddress.packed(JSON.stringify(rest)) : "";
  if (code.length > LONGEST_LINK) throw new Error("There are too many strokes to keep them here: the picture (PNG) carries them.");
  const picture = Object.assign(new Image(), { src: view.shown.sources[1] });
  await picture.decode();
  labKept.keep(picture, `Scene ${seed}`, { tab: "paint", model: key, seed: String(seed), session: code });
}

function listenToLink() {
  one("[data-do=gallery]").addEventListener("click", async () => {
    try {
      await keepPicture();
      one(".paint-taken").textContent = "Kept in this browser: see Kept pictures, at the top.";
    } catch (error) {
      fail(error);
    }
  });
  one("[data-do=link]").addEventListener("click", async () => {
    try {
      if (session.now.picture) throw new Error("A picture of yours does not fit into a link: take the script.");
      if (!(await tellAddress())) throw new Error("There are too many strokes for a link: the picture (PNG) carries them.");
      window.labAddress.flush();
      await navigator.clipboard.writeText(location.href);
      one(".paint-taken").textContent = "The link is copied. It opens this session wherever the same model is.";
    } catch (error) {
      fail(error.name === "NotAllowedError" || error instanceof TypeError ? new Error("Copy the page's address: it is the link.") : error);
    }
  });
}
