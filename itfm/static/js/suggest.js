// Completes a field (data-suggest="address") with texts the server knows. In a text of several lines it completes the
// line one is in. `kind` and `key` come from fields beside it, inside the same [data-test], unless the address has them.
const WAIT = 200;
let timer = 0;
let asked = 0;

function lineOf(field) {
  const before = field.value.slice(0, field.selectionStart);
  const start = before.lastIndexOf("\n") + 1;
  const rest = field.value.indexOf("\n", start);
  const end = rest < 0 ? field.value.length : rest;
  return { start, end, text: field.value.slice(start, end) };
}

function close(field) {
  document.getElementById(`${field.id}-list`)?.remove();
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

function choose(field, text) {
  const { start, end } = lineOf(field);
  field.setRangeText(text, start, end, "end");
  close(field);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function show(field, texts) {
  close(field);
  if (!texts.length || document.activeElement !== field) return;
  const list = document.createElement("ul");
  list.id = `${field.id}-list`;
  list.className = "suggest-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Known texts");
  for (const [number, text] of texts.entries()) {
    const option = document.createElement("li");
    option.id = `${list.id}-${number}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.textContent = text;
    // Before the field loses the focus, which closes the list.
    option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      choose(field, text);
    });
    list.append(option);
  }
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "true");
}

async function ask(field) {
  const address = new URL(field.dataset.suggest, location.href);
  const test = field.closest("[data-test]");
  if (test) {
    address.searchParams.set("kind", test.querySelector("[data-kind]").value);
    address.searchParams.set("key", test.querySelector("[data-key]").value);
  }
  address.searchParams.set("q", lineOf(field).text);
  const number = ++asked;
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok || number !== asked) return;
  const { texts } = await response.json();
  show(field, texts.filter((text) => text !== lineOf(field).text));
}

function step(field, list, by) {
  const options = [...list.children];
  const current = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = (current + by + options.length + (current < 0 && by < 0 ? 1 : 0)) % options.length;
  for (const [number, option] of options.entries()) option.setAttribute("aria-selected", String(number === next));
  field.setAttribute("aria-activedescendant", options[next].id);
  options[next].scrollIntoView({ block: "nearest" });
}

function prepare(field) {
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
}

document.addEventListener("focusin", (event) => {
  if (!event.target.matches?.("[data-suggest]")) return;
  prepare(event.target);
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT, event.target);
});

document.addEventListener("input", (event) => {
  if (!event.isTrusted || !event.target.matches?.("[data-suggest]")) return;
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT, event.target);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("[data-suggest]")) close(event.target);
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-suggest]")) return;
  const list = document.getElementById(`${field.id}-list`);
  if (!list) return;
  const chosen = list.querySelector('[aria-selected="true"]');
  if (event.key === "ArrowDown") step(field, list, 1);
  else if (event.key === "ArrowUp") step(field, list, -1);
  else if (event.key === "Enter" && chosen) choose(field, chosen.textContent);
  else if (event.key === "Escape") close(field);
  else return;
  event.preventDefault();
});
