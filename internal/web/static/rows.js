// Rows shows a long list by the few rows that are in sight. Text goes into the page as text alone, never as markup.

// visible writes what turns the direction of writing, or is not to be seen, as an escape; the server does the same (text.go).
export function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (c) => (c === "\n" || c === "\t" ? c : "\\u" + c.codePointAt(0).toString(16).padStart(4, "0")));
}

export class Rows {
  // box scrolls; make returns an empty row, fill(element, item) puts an item into it, open(item) is what a click or Enter does.
  constructor(box, height, make, fill, open) {
    Object.assign(this, { box, height, make, fill, open, items: [], active: -1, pool: [], asked: false });
    this.space = document.createElement("div");
    this.space.className = "space";
    box.replaceChildren(this.space);
    box.classList.add("virtual");
    box.setAttribute("role", "listbox");
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    box.addEventListener("keydown", (e) => this.key(e));
    addEventListener("resize", () => this.draw());
  }

  set(items) {
    this.items = items;
    this.space.style.height = items.length * this.height + "px";
    this.box.style.height = `min(72vh, ${(items.length + 1) * this.height}px)`;
    this.draw();
  }

  // draw asks for a picture with the next frame, however often it is called until then.
  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.paint();
    });
  }

  paint() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.height) - 5);
    const count = Math.min(this.items.length - first, Math.ceil(this.box.clientHeight / this.height) + 10);
    while (this.pool.length < count) {
      const row = this.make();
      row.setAttribute("role", "option");
      row.addEventListener("click", () => this.choose(row.at, true));
      this.pool.push(row);
      this.space.append(row);
    }
    this.pool.forEach((row, i) => {
      row.hidden = i >= count;
      if (row.hidden) return;
      row.at = first + i;
      row.id = this.box.id + "-" + row.at;
      row.style.transform = "translateY(" + row.at * this.height + "px)";
      this.fill(row, this.items[row.at]);
      row.setAttribute("aria-selected", row.at === this.active);
    });
  }

  // choose makes an item the active one, brings it in sight, and opens it if wanted.
  choose(at, open) {
    if (at < 0 || at >= this.items.length) return;
    this.active = at;
    const top = at * this.height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + this.height > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + this.height - this.box.clientHeight;
    this.box.setAttribute("aria-activedescendant", this.box.id + "-" + at);
    this.draw();
    if (open) this.open(this.items[at]);
  }

  key(e) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 1);
    const moves = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: this.items.length - 1 };
    if (e.key in moves) this.choose(Math.min(this.items.length - 1, Math.max(0, moves[e.key])), false);
    else if (e.key === "Enter" && this.active >= 0) this.open(this.items[this.active]);
    else return;
    e.preventDefault();
  }
}

// cells returns a row maker: an element with a span for each class.
export function cells(className, names) {
  return () => {
    const row = document.createElement("div");
    row.className = className;
    for (const name of names) {
      const span = document.createElement("span");
      span.className = name;
      row.append(span);
    }
    return row;
  };
}

// filtering calls apply with the lower-case text of an input a moment after it changed.
export function filtering(input, apply) {
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => apply(input.value.toLowerCase()), 80);
  });
}
