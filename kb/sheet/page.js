"use strict";
(() => {
  const root = document.documentElement;
  const main = document.querySelector("main");
  const search = document.getElementById("search");
  const nothing = document.getElementById("nothing");
  const list = document.querySelector("nav ul");
  const count = document.getElementById("count");

  // settings outlive the page where the browser lets a file keep any
  const keep = (name, value) => { try { localStorage.setItem("ptnote-" + name, value); } catch { /* not here */ } };
  const kept = (name) => { try { return localStorage.getItem("ptnote-" + name); } catch { return null; } };

  function speak(language) {
    root.dataset.lang = language;
    const first = language === "zh" ? "zh" : "en";
    root.lang = first;
    for (const button of document.querySelectorAll("[data-to]"))
      button.setAttribute("aria-pressed", String(button.dataset.to === language));
    for (const named of document.querySelectorAll("[data-en][data-zh]")) {
      named.setAttribute("aria-label", named.dataset[first]);
      if (named === search) named.placeholder = named.dataset[first];
      else named.title = named.dataset[first];
    }
  }
  for (const button of document.querySelectorAll("[data-to]"))
    button.addEventListener("click", () => { speak(button.dataset.to); keep("lang", button.dataset.to); });
  const wished = kept("lang");
  speak(["en", "zh", "both"].includes(wished) ? wished : root.dataset.lang);

  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (["dark", "light"].includes(kept("theme"))) root.dataset.theme = kept("theme");
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    keep("theme", root.dataset.theme);
  });

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // a browser that has no clipboard for pages of this kind
      const area = document.body.appendChild(document.createElement("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }
  for (const box of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.ariaLabel = "Copy 复制";
    box.append(button);
  }
  main.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    await copy(button.parentElement.querySelector("code").textContent);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });

  // the search: each entry as a few texts, those that name it first; words match from their beginnings
  const groups = [...main.querySelectorAll(".entries")];
  const order = groups.map((group) => [...group.children]);
  const articles = [...main.querySelectorAll("article")];
  const rows = list ? [...list.children] : [];
  const links = rows.filter((row) => row.querySelector("a"));
  const WEIGHTS = [5, 4, 4, 2, 1];
  let index = null;

  const han = /\p{Script=Han}/u;
  const fold = (text) => " " + text.normalize("NFKC").toLowerCase()
    .replace(/[^\p{L}\p{N}\n]+/gu, " ")
    .replace(/(?<=[\u3400-\u9fff])(?=[a-z0-9])|(?<=[a-z0-9])(?=[\u3400-\u9fff])/g, " ") + " ";

  function fieldsOf(article) {
    const text = (selector) => [...article.querySelectorAll(selector)].map((one) => one.textContent).join("\n");
    const names = fold(article.id + "\n" + article.dataset.names);
    return [names, fold(text("h3")), fold(article.dataset.asked), fold(text(":scope > p, .pitfalls")),
      fold(article.textContent)];
  }

  function unitsOf(words) {
    const units = [];
    for (const [run] of fold(words).matchAll(/\p{Script=Han}+|[^\p{Script=Han}\s]+/gu)) {
      if (!han.test(run)) units.push({ text: " " + run, word: true });
      else if (run.length === 1) units.push({ text: run });
      else for (let at = 0; at + 1 < run.length; at++) units.push({ text: run.slice(at, at + 2) });
    }
    return units;
  }

  const stem = (word) => word.length > 5 ? word.replace(/(ing|ed|es|s)$/, "") : word;

  const prepare = () => { index ??= articles.map(fieldsOf); };
  (window.requestIdleCallback ?? setTimeout)(prepare);

  function ranked(words) {
    prepare();
    const units = unitsOf(words);
    const total = new Float64Array(articles.length), share = new Float64Array(articles.length);
    let all = 0;
    for (const unit of units) {
      let texts = index.map((fields) => fields.map((field) => field.includes(unit.text)));
      if (unit.word && !texts.some((held) => held.includes(true))) {
        const shorter = stem(unit.text);
        texts = index.map((fields) => fields.map((field) => field.includes(shorter)));
      }
      const found = texts.filter((held) => held.includes(true)).length;
      const rare = Math.log(1 + articles.length / (1 + found));
      all += rare;
      texts.forEach((held, at) => {
        if (!held.includes(true)) return;
        held.forEach((is, field) => { if (is) total[at] += rare * WEIGHTS[field]; });
        share[at] += rare;
      });
    }
    const whole = fold(words).trim();
    articles.forEach((article, at) => {
      const names = index[at][0].split("\n").map((name) => name.trim());
      if (names.includes(whole)) total[at] += 1000;
      else if (index[at][0].includes(whole)) total[at] *= 1.5;
    });
    const most = Math.max(...share);
    return [...articles.keys()]
      .filter((at) => share[at] > 0 && share[at] >= 0.6 * most && share[at] >= 0.25 * all)
      .sort((one, other) => total[other] - total[one] || one - other);
  }

  function find() {
    const words = search.value.trim();
    if (!words) {
      for (const one of [...groups, ...articles, ...rows]) one.hidden = false;
      groups.forEach((group, at) => group.append(...order[at]));
      if (list) list.append(...rows);
      nothing.hidden = true;
      if (count) count.textContent = articles.length;
      return;
    }
    const hits = ranked(words);
    for (const one of [...groups, ...articles, ...rows]) one.hidden = true;
    for (const at of hits) {
      articles[at].hidden = false;
      if (links[at]) links[at].hidden = false;
    }
    main.append(...hits.map((at) => articles[at]), nothing);
    if (list) list.append(...hits.map((at) => links[at]));
    nothing.hidden = hits.length > 0;
    if (count) count.textContent = hits.length;
    scrollTo(0, 0);
  }
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; find(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  // a link to an entry that the search has hidden ends the search
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const article = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (article && article.hidden) { search.value = ""; find(); }
  });

  const narrow = matchMedia("(max-width: 63.99rem)");
  const contents = document.querySelector("nav details");
  if (contents) {
    contents.open = !narrow.matches;
    narrow.addEventListener("change", () => { contents.open = !narrow.matches; });
    contents.addEventListener("click", (event) => {
      if (narrow.matches && event.target.closest("a")) contents.open = false;
    });
  }
})();
