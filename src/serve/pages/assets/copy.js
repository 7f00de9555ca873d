// Copy buttons. Without this script they stay hidden and the address beside them is selected by one click.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      // No clipboard outside secure contexts: select the address for Ctrl+C instead.
      getSelection().selectAllChildren(document.getElementById(button.getAttribute("aria-describedby")));
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 3000);
  });
}
