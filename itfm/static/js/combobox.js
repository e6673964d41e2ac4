// <div class="combobox" data-combobox data-url="..."> makes the <input> or <textarea> in it suggest values of the server
// (WAI-ARIA combobox with a list); in a text of several lines, for the line one is in. `data-with="name:id name:id"`
// sends the values of other fields along by these names; `data-empty` is what it says when nothing matches.
const PAUSE = 150;
let count = 0;

class Combobox {
  constructor(box) {
    this.box = box;
    this.input = box.querySelector("input, textarea");
    this.chosen = -1;
    this.list = this.part("ul", "combobox-list");
    this.words = this.part("p", "combobox-words");
    this.list.id = `combobox-${(count += 1)}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.words.setAttribute("role", "status");
    // A text of several lines stays a text box, which may complete what is typed but is never said to be expanded.
    this.isText = this.input.tagName === "TEXTAREA";
    const role = this.isText ? { "aria-haspopup": "listbox" } : { role: "combobox", "aria-expanded": "false" };
    const rest = { "aria-autocomplete": "list", "aria-controls": this.list.id, autocomplete: "off" };
    for (const [name, value] of Object.entries({ ...role, ...rest })) this.input.setAttribute(name, value);
    this.input.addEventListener("input", (event) => event.isTrusted && this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("click", () => this.later());
    this.input.addEventListener("blur", () => this.close());
    // The focus stays in the field while one points at the list.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
  }

  get line() {
    const { value, selectionStart } = this.input;
    if (!this.isText) return { start: 0, end: value.length, text: value };
    const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const after = value.indexOf("\n", start);
    const end = after < 0 ? value.length : after;
    return { start, end, text: value.slice(start, end) };
  }

  part(tag, name) {
    const element = document.createElement(tag);
    element.className = name;
    element.hidden = true;
    this.box.append(element);
    return element;
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    this.request?.abort();
    this.request = new AbortController();
    const url = new URL(this.box.dataset.url, location.href);
    url.searchParams.set("q", this.line.text);
    for (const pair of this.box.dataset.with?.split(" ") ?? []) {
      const [name, id] = pair.split(":");
      url.searchParams.set(name, document.getElementById(id)?.value ?? "");
    }
    try {
      const response = await fetch(url, { signal: this.request.signal, credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      this.show(await response.json());
    } catch (error) {
      if (error.name !== "AbortError") this.say("Suggestions are not available now. Type the whole value.");
    }
  }

  show({ items, has_more: hasMore }) {
    if (document.activeElement !== this.input) return;
    if (items.length === 1 && items[0].value === this.line.text) return this.close(); // nothing is left to complete
    if (!items.length) return this.say(this.box.dataset.empty ?? "Nothing matches.");
    this.list.replaceChildren(...items.map((item, number) => this.option(item, number)));
    if (hasMore) this.list.append(this.rest());
    this.open(true);
    this.say("");
    this.choose(-1);
    const found = items.length === 1 ? "1 suggestion" : `${items.length} suggestions`;
    document.dispatchEvent(new CustomEvent("itfm:announce", { detail: found }));
  }

  option({ value, label, hint }, number) {
    const option = document.createElement("li");
    option.className = "combobox-option";
    option.id = `${this.list.id}-${number}`;
    option.dataset.value = value;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.append(label);
    if (hint) option.append(Object.assign(document.createElement("small"), { textContent: hint }));
    return option;
  }

  rest() {
    const rest = document.createElement("li");
    rest.className = "combobox-option quiet small";
    rest.setAttribute("role", "presentation");
    rest.textContent = "There are more: type to narrow them down.";
    return rest;
  }

  say(words) {
    if (words) this.open(false);
    this.words.textContent = words;
    this.words.hidden = !words;
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    if (!this.isText) this.input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.say("");
    this.open(false);
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  choose(number) {
    this.chosen = number;
    for (const [at, option] of this.options.entries()) option.setAttribute("aria-selected", String(at === number));
    const option = this.options[number];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  take(option) {
    const { start, end } = this.line;
    this.input.setRangeText(option.dataset.value, start, end, "end");
    this.close();
    for (const name of ["input", "change"]) this.input.dispatchEvent(new Event(name, { bubbles: true }));
  }

  key(event) {
    const isOpen = !this.list.hidden;
    const last = this.options.length - 1;
    const to = { ArrowDown: this.chosen >= last ? 0 : this.chosen + 1, ArrowUp: this.chosen <= 0 ? last : this.chosen - 1 };
    // With the list closed, arrows move between the lines of a text; Alt opens it.
    const isForList = isOpen || event.altKey || !this.isText;
    if (event.key in to && isForList) {
      event.preventDefault();
      if (isOpen) this.choose(to[event.key]);
      else this.ask();
    } else if (event.key === "Enter" && isOpen && this.chosen >= 0) {
      event.preventDefault();
      this.take(this.options[this.chosen]);
    } else if (event.key === "Escape" && (isOpen || !this.words.hidden)) {
      event.preventDefault();
      event.stopPropagation(); // the menu or dialog around it stays
      this.close();
    }
  }
}

function bind() {
  for (const box of document.querySelectorAll("[data-combobox]")) {
    if (box.dataset.combobox === "bound") continue;
    box.dataset.combobox = "bound";
    new Combobox(box);
  }
}

bind();
for (const moment of ["htmx:after:swap", "itfm:content"]) document.addEventListener(moment, bind);
