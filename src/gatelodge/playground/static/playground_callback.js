// Reads the answer out of the fragment, takes it out of the address, and hands it to the application.

const form = document.getElementById("answer");
if (location.hash.length > 1) {
  form.elements.answer.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  form.submit();
}
