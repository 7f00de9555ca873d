// What pages can do a little better with a script. All of it can be read and used without.

function addCopying(button) {
  const label = button.textContent;
  const address = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(address.value);
      button.textContent = "Copied";
    } catch {
      // No clipboard outside secure contexts: select the address for Ctrl+C instead.
      address.select();
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 3000);
  });
}

// Publishers take pictures down: then what the picture showed, in words, instead of an empty frame.
function tellMissing(image) {
  const words = document.createElement("p");
  words.className = "missing";
  words.textContent = image.alt;
  const figure = image.closest("figure");
  if (image.alt !== "") image.replaceWith(words);
  else image.remove();
  if (figure !== null && figure.textContent.trim() === "") figure.remove();
}

function watchPicture(image) {
  if (image.complete && image.naturalWidth === 0) tellMissing(image);
  else image.addEventListener("error", () => tellMissing(image), { once: true });
}

document.querySelectorAll("button[data-copy]").forEach(addCopying);
document.querySelectorAll("input.address").forEach((address) => {
  address.addEventListener("focus", () => address.select());
});
document.querySelectorAll("main img").forEach(watchPicture);
