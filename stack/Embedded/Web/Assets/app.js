"use strict";
(() => {
  const box = document.getElementById("live");
  if (!box) return;
  box.checked = sessionStorage.getItem("live") !== "off";
  box.addEventListener("change", () => sessionStorage.setItem("live", box.checked ? "on" : "off"));
  const busy = () => document.hidden || !box.checked || !getSelection().isCollapsed
    || document.querySelector("main details[open]") || document.querySelector("main :focus");
  const refresh = async () => {
    if (!busy()) {
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          if (!busy()) document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
          document.body.classList.remove("gone");
        }
      } catch { document.body.classList.add("gone"); }
    }
    setTimeout(refresh, 3000);
  };
  setTimeout(refresh, 3000);
})();
