// A button that copies its text: <button hidden data-copy="text">. Shown where copying works.
function announce(words) {
  document.getElementById("announcement").textContent = words;
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        announce("Copied");
      } catch {
        announce("Copying was refused by the browser");
      }
    });
  }
}
