// The sheet: strokes of a pen or an image, with a box around each digit.

const PEN = 9;
const PAPER = "#fff", INK = "#000";

export class Sheet {
  // `changed` is called whenever there is something else to read.
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    this.image = null;
    this.digits = [];
    this.pointer = null;
    this.number = 0; // of this drawing among those before it
    canvas.addEventListener("pointerdown", (event) => this.#start(event));
    canvas.addEventListener("pointermove", (event) => this.#go(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.#stop(event));
    }
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  get empty() {
    return !this.image && !this.strokes.length;
  }

  clear() {
    this.#forget();
    this.#change();
  }

  undo() {
    if (this.image) this.#forget();
    this.strokes.pop();
    this.#change();
  }

  // Show a file; one that the browser cannot show is read all the same.
  async show(file) {
    const number = ++this.number;
    const shown = await createImageBitmap(file).catch(() => null);
    // a large one may be ready after the next
    if (this.number !== number) return;
    this.#forget();
    this.image = { file, shown };
    this.#change();
  }

  // Return what to send: the file, or the strokes as black on white.
  async content() {
    if (this.image) return this.image.file;
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = this.#size();
    const context = sheet.getContext("2d");
    context.fillStyle = PAPER;
    context.fillRect(0, 0, sheet.width, sheet.height);
    this.#drawStrokes(context, INK);
    return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
  }

  mark(digits) {
    this.digits = digits;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    let scale = 1;
    if (this.image) scale = this.#drawImage(context, width, height);
    else {
      scale = this.#scale();
      context.scale(scale, scale);
      this.#drawStrokes(context, style.getPropertyValue("--ink"));
      context.scale(1 / scale, 1 / scale);
    }
    this.#drawBoxes(context, style, scale);
  }

  #forget() {
    this.image?.shown?.close();
    this.image = this.pointer = null;
    this.strokes = [];
    this.digits = [];
    this.number++;
  }

  #change() {
    this.draw();
    this.changed();
  }

  #start(event) {
    if (event.button !== 0 || this.pointer !== null) return;
    event.preventDefault();
    if (this.image) this.#forget();
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.strokes.push([this.#place(event)]);
    this.#change();
  }

  #go(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    this.strokes.at(-1).push(...(events.length ? events : [event]).map((e) => this.#place(e)));
    this.#change();
  }

  #stop(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  // Where an event is on the sheet, which a stroke does not leave.
  #place({ clientX, clientY }) {
    const { clientLeft, clientTop, clientWidth, clientHeight } = this.canvas;
    const { left, top } = this.canvas.getBoundingClientRect();
    const within = (place, side) => Math.min(Math.max(place, 0), side) / this.#scale();
    return [
      within(clientX - left - clientLeft, clientWidth),
      within(clientY - top - clientTop, clientHeight),
    ];
  }

  // What was drawn is shown smaller where the window has become smaller.
  #scale() {
    const [width, height] = this.#size();
    return Math.min(this.canvas.clientWidth / width, this.canvas.clientHeight / height);
  }

  #size() {
    const points = this.strokes.flat();
    const { clientWidth, clientHeight } = this.canvas;
    return [clientWidth, clientHeight].map((side, axis) =>
      Math.ceil(points.reduce((most, point) => Math.max(most, point[axis]), side)));
  }

  #drawStrokes(context, colour) {
    context.strokeStyle = colour;
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      for (const point of stroke) context.lineTo(...point);
      context.stroke();
    }
  }

  #drawImage(context, width, height) {
    const { shown } = this.image;
    if (!shown) return 0;
    const scale = Math.min(width / shown.width, height / shown.height);
    context.drawImage(shown, 0, 0, shown.width * scale, shown.height * scale);
    return scale;
  }

  #drawBoxes(context, style, scale) {
    if (!scale) return;
    context.lineWidth = 2;
    for (const { digit, box } of this.digits) {
      context.strokeStyle = style.getPropertyValue(digit === null ? "--unsure" : "--sure");
      const [left, top, width, height] = box.map((side) => side * scale);
      context.strokeRect(left - 5, top - 5, width + 10, height + 10);
    }
  }
}
