import { Sheet } from "./drawing.js";
import { zip } from "./zip.js";

const NO_DIGIT = "-1";
const LABELS = [..."0123456789", NO_DIGIT];
const PAUSE = 80; // milliseconds between two readings while somebody draws

const at = (id) => document.getElementById(id);
const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

// The right label of each corrected image.
const corrections = new Map();
let reading = { text: "", digits: [] };
let chosen = null;

// ---------------------------------------------------------------- reading

let wanted = false;
const sheet = new Sheet(at("canvas"), changed);

function changed() {
  const { empty } = sheet;
  at("hint").hidden = !empty;
  at("undo").disabled = at("clear").disabled = empty;
  wanted = true;
  if (empty) show({ text: "", digits: [] });
  if (at("text").ariaBusy !== "true") readUntilDone();
}

// One request at a time; what is drawn meanwhile is read by the next one.
async function readUntilDone() {
  at("text").ariaBusy = "true";
  while (wanted) {
    wanted = false;
    if (!sheet.empty) await read();
    await sleep(PAUSE);
  }
  at("text").ariaBusy = "false";
}

async function read() {
  const { number } = sheet;
  try {
    const body = await sheet.content();
    const headers = { "Content-Type": body.type || "application/octet-stream" };
    const response = await fetch("read?images=true", { method: "POST", headers, body });
    const said = await response.json();
    if (response.status === 503) {
      await sleep(1000 * (response.headers.get("Retry-After") ?? 1));
      // but an image may be what takes too long
      if (!sheet.image) wanted = true;
    }
    // meanwhile there may be another drawing, or none
    if (sheet.number !== number || sheet.empty) return;
    if (response.ok) show(said);
    else complain(said.error);
  } catch {
    complain("The server does not respond. Is it still running?");
  }
}

// The message stands alone: what was read before is not of the new file.
function complain(sentence) {
  show({ text: "", digits: [] });
  at("text").textContent = "";
  at("problem").textContent = sentence;
}

function show(next) {
  at("problem").textContent = "";
  const same = JSON.stringify(reading.digits) === JSON.stringify(next.digits);
  reading = next;
  showText();
  if (same) return;
  sheet.mark(reading.digits);
  choose(null);
  listDigits();
}

function showText() {
  const text = correctedText();
  const said = text || (sheet.empty ? "Nothing yet" : "No digit");
  at("text").classList.toggle("none", !text);
  // a screen reader says each change
  if (at("text").textContent !== said) at("text").textContent = said;
}

// Each digit or question mark of the text is that of one square, in their order.
function correctedText() {
  let n = 0;
  const text = reading.text.replace(/[0-9?]/g, (read) => {
    const label = corrections.get(reading.digits[n++]?.image);
    return label === NO_DIGIT ? "" : label ?? read;
  });
  return text.replace(/ +/g, " ").replace(/^ | $/gm, "").trim();
}

// ---------------------------------------------------------------- the squares

function listDigits() {
  at("digits").replaceChildren(...reading.digits.map(square));
  at("legend").hidden = !reading.digits.length;
}

function square(digit, i) {
  const label = corrections.get(digit.image);
  const read = digit.digit === null ? "?" : String(digit.digit);
  const percent = `${(100 * digit.confidence).toFixed(1)} %`;
  const button = element("button", { type: "button" });
  button.classList.toggle("unsure", digit.digit === null && label === undefined);
  button.classList.toggle("corrected", label !== undefined);
  button.setAttribute("aria-expanded", i === chosen);
  button.setAttribute("aria-controls", "choice");
  const words = label === undefined
    ? `Digit ${i + 1}: ${read === "?" ? "not sure" : read}, ${percent}`
    : `Digit ${i + 1}: corrected to ${name(label)}, was ${read}`;
  button.setAttribute("aria-label", words);
  button.append(
    element("img", { src: digit.image, alt: "", width: 56, height: 56 }),
    element("b", { textContent: label === undefined ? read : sign(label) }),
    " ",
    element("small", { textContent: label === undefined ? percent : `was ${read}` }),
  );
  button.addEventListener("click", () => choose(i === chosen ? null : i));
  button.addEventListener("keydown", ({ key }) => {
    if (LABELS.includes(key)) correct(i, key);
  });
  const item = element("li", {});
  item.append(button);
  return item;
}

const element = (tag, properties) =>
  Object.assign(document.createElement(tag), properties);
const name = (label) => (label === NO_DIGIT ? "no digit" : label);
const sign = (label) => (label === NO_DIGIT ? "–" : label);

// ---------------------------------------------------------------- corrections

function choose(i) {
  chosen = i;
  at("choice").hidden = i === null;
  at("digits").querySelectorAll("button").forEach((button, n) =>
    button.setAttribute("aria-expanded", n === i));
  if (i === null) return;
  at("choice").firstElementChild.textContent = `What is digit ${i + 1} really?`;
  const label = corrections.get(reading.digits[i].image);
  const buttons = LABELS.map((each) => {
    const button = element("button", { type: "button", textContent: name(each) });
    button.setAttribute("aria-pressed", each === label);
    button.addEventListener("click", () => correct(i, each));
    return button;
  });
  at("choice").replaceChildren(at("choice").firstElementChild, ...buttons);
  at("choice").scrollIntoView({ block: "nearest" });
}

// The same label once more takes the correction back.
function correct(i, label) {
  const { image } = reading.digits[i];
  if (corrections.get(image) === label) corrections.delete(image);
  else corrections.set(image, label);
  choose(null);
  refresh();
  at("digits").querySelectorAll("button")[i].focus();
}

function refresh() {
  showText();
  listDigits();
  const n = corrections.size;
  at("corrections").hidden = n === 0;
  at("count").textContent = n === 1 ? "1 correction" : `${n} corrections`;
}

function download() {
  const counts = {};
  const files = Array.from(corrections, ([image, label]) => {
    const number = String((counts[label] = (counts[label] ?? 0) + 1)).padStart(4, "0");
    const content = atob(image.split(",")[1]);
    return [
      `corrections/${label}/${number}.png`,
      Uint8Array.from(content, (character) => character.charCodeAt(0)),
    ];
  });
  const address = URL.createObjectURL(zip(files));
  element("a", { href: address, download: "corrections.zip" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// ---------------------------------------------------------------- what a person does

// The images that were chosen, but for those that were shown.
const waiting = [];

function take(files) {
  const given = Array.from(files ?? []);
  const isImage = ({ type }) => type.startsWith("image/");
  const others = given.filter((file) => !isImage(file)).map((file) => file.name);
  if (others.length < given.length) {
    waiting.push(...given.filter(isImage));
    next();
    if (others.length) at("left").textContent = `Not an image: ${others.join(", ")}.`;
  } else if (others.length) {
    sheet.clear();
    complain(`Got ${others[0]}, but expected an image. Choose another file.`);
  }
  return others.length < given.length;
}

function next() {
  sheet.show(waiting.shift());
  at("left").textContent = "";
  at("next").hidden = !waiting.length;
  at("next").textContent = `Next image (${waiting.length} left)`;
}

at("undo").addEventListener("click", () => sheet.undo());
at("clear").addEventListener("click", () => sheet.clear());
at("next").addEventListener("click", next);
at("download").addEventListener("click", download);
at("forget").addEventListener("click", () => {
  corrections.clear();
  refresh();
});
at("file").addEventListener("change", ({ target }) => {
  take(target.files);
  target.value = ""; // so that the same file can be chosen again
});
document.addEventListener("paste", (event) => {
  if (take(event.clipboardData.files)) event.preventDefault();
});
for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    at("stage").classList.toggle("over", type === "dragover");
    if (type === "drop") take(event.dataTransfer.files);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "z" && (event.ctrlKey || event.metaKey) && !sheet.empty) {
    event.preventDefault();
    sheet.undo();
  }
  if (event.key === "Escape") choose(null);
});
