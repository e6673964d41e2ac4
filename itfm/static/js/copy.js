// A button that copies: <button data-copy="id of the element with the text" hidden>. Without script it stays hidden.
function announce(text) {
  const place = document.getElementById("announcement");
  if (place) place.textContent = text;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (navigator.clipboard) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
    announce("Copied");
  } catch {
    getSelection().selectAllChildren(source); // refused: selected, so that the keyboard can copy it
    announce("Selected. Copy it with the keyboard.");
  }
});
