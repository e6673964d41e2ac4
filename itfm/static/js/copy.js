// A button that copies: <button data-copy="id of the element with the text" hidden>, or <button data-copy-text="text"
// hidden>. Without script it stays hidden.
const BUTTONS = "[data-copy], [data-copy-text]";

function announce(words) {
  const place = document.getElementById("announcement");
  if (place) place.textContent = words;
}

for (const button of document.querySelectorAll(BUTTONS)) {
  if (navigator.clipboard) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest(BUTTONS);
  if (!button) return;
  const source = document.getElementById(button.dataset.copy ?? "");
  try {
    await navigator.clipboard.writeText(source ? source.textContent.trim() : button.dataset.copyText);
    announce("Copied");
  } catch {
    if (source) getSelection().selectAllChildren(source); // refused: selected, so that the keyboard can copy it
    announce(source ? "Selected. Copy it with the keyboard." : "Copying was refused by the browser.");
  }
});
