
/*
Copyright: (c) 2026, nfv.maintenance contributors
GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Draws a report, as report_schema.json describes it, into #view: for the report's file, and for the session page again and again.
Text is only ever written as text.
*/
"use strict";
const View = (() => {
  const LIMIT = 30, MANY = 40;
  const KINDS = { MAINTENANCE_COMPLETE: "good", MAINTENANCE_DONE: "good", acknowledged: "good", MOVED: "good", IN_MAINTENANCE: "busy", DRAINING: "busy",
    MOVING: "busy", pending: "busy", FAILED: "bad", MAINTENANCE_FAILED: "bad", refused: "bad", expired: "bad" };
  const WORDS = { MAINTENANCE_COMPLETE: "done", IN_MAINTENANCE: "working", DRAINING: "draining", WAITING: "waiting", FAILED: "failed",
    expired: "no answer", informed: "told" };
  const STATES = { MAINTENANCE_DONE: "done", MAINTENANCE_FAILED: "failed" };
  const opened = new Set(), whole = new Set();
  let report = null, wanted = "", told = false, hosts = new Set(), skew = 0;

  function make(name, given = {}, ...inner) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...inner.flat().filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
    return made;
  }

  const dated = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
  const zone = () => new Intl.DateTimeFormat(undefined, { timeZoneName: "short" }).formatToParts(new Date()).find((one) => one.type === "timeZoneName").value;
  const two = (number) => String(number).padStart(2, "0");
  const clock = (time, fine = true) => { const at = new Date(time); return two(at.getHours()) + ":" + two(at.getMinutes()) + (fine ? ":" + two(at.getSeconds()) : ""); };
  const timed = (time) => (time ? make("time", { datetime: time, title: dated.format(new Date(time)), class: "nowrap number" }, clock(time)) : "");
  const now = () => Date.now() + skew;
  const until = (time) => (Date.parse(time) > now() ? lasting((Date.parse(time) - now()) / 1000) + " left" : "over");
  const badge = (word, kind) => make("span", { class: "badge " + (kind || "dim") }, word);
  const state = (one) => make("span", { class: KINDS[one] || "dim" }, WORDS[one] || one);
  const counted = (number, word, words) => number + " " + (number === 1 ? word : words || word + "s");

  function lasting(seconds) {
    if (seconds === null || seconds === undefined) return "";
    const round = Math.round(seconds);
    if (round >= 3600) return Math.floor(round / 3600) + " h " + two(Math.floor((round % 3600) / 60)) + " min";
    if (round >= 60) return Math.floor(round / 60) + " min " + two(round % 60) + " s";
    return (seconds < 10 ? String(Math.round(seconds * 100) / 100) : String(round)) + " s";
  }

  const project = (id) => (id ? report.projects[id] || id : "");
  const spent = (from, to) => (Date.parse(to || report.figures.ended_at) - Date.parse(from)) / 1000;

  // Names in place of the ids of projects.
  const readable = (text) => Object.entries(report.projects).reduce((so, [id, name]) => so.replaceAll(id, name), text);

  // Whether one of the texts is what is looked for: a host by its whole name, anything else by a part of it.
  function fits(...texts) {
    if (!wanted) return true;
    const exact = hosts.has(wanted);
    return texts.some((one) => one && (exact ? one.toLowerCase() === wanted : one.toLowerCase().includes(wanted)));
  }

  function named(name) {
    return make("button", { type: "button", class: "link", id: "host-" + name, title: "Show only " + name, onclick: () => look(name) }, name);
  }

  function look(text) {
    document.getElementById("filter").value = text;
    wanted = text.trim().toLowerCase();
    draw();
  }

  // --- parts

  function header() {
    const { session, figures, progress } = report, over = report.over;
    const run = [session.round > 1 && "round " + session.round, session.runner && "run by " + session.runner,
      progress.control && progress.control !== "running" && progress.control].filter(Boolean).join(" · ");
    const words = (text) => text.split(/\s+/).join(" ");
    // Where the failure is told in full, that is enough.
    const quoted = report.failures.some((one) => words(one.text).includes(words(session.reason || "")));
    const far = [progress.percent_done + " %", progress.seconds_left !== null && progress.seconds_left !== undefined && "about " + lasting(progress.seconds_left) + " left"];
    return [
      make("div", { class: "head" }, make("h1", { id: "title" }, session.name || "Session " + session.id.slice(0, 8)),
        badge(STATES[session.state] || session.state, KINDS[session.state] || "busy")),
      make("p", { class: "dim" }, dated.format(new Date(figures.began_at)) + (over ? " to " + clock(figures.ended_at) : "") + " " + zone() +
        (figures.seconds === null ? "" : " · " + lasting(figures.seconds)) + (run ? " · " + run : "")),
      session.reason && !quoted && make("p", { class: session.state === "MAINTENANCE_FAILED" ? "bad" : "dim" }, readable(session.reason)),
      !over && "percent_done" in progress && make("progress", { id: "progress", max: 100, value: progress.percent_done, "aria-label": "Done" }),
      !over && "percent_done" in progress && make("p", { id: "far", class: "dim number" }, far.filter(Boolean).join(" · ")),
    ];
  }

  function tile(name, value, ...more) {
    return make("div", {}, make("dt", {}, name), make("dd", {}, value, more.filter(Boolean).map((one) => make("small", {}, one))));
  }

  function tiles() {
    const figures = report.figures, progress = report.progress, plan = report.plan;
    const ways = Object.entries(figures.moves_by_way).map(([way, number]) => number + " " + way).join(", ");
    const middle = (figure) => figure.median !== null && "median " + lasting(figure.median) + ", longest " + lasting(figure.longest);
    return [make("dl", { class: "tiles" },
      tile("Hosts done", figures.hosts_done + " of " + figures.hosts, figures.hosts_failed ? make("span", { class: "bad" }, figures.hosts_failed + " failed") : "",
        report.waves.length && counted(report.waves.length, "wave")),
      tile("Instances moved", figures.moves + (plan.moves > figures.moves && !report.over ? " of " + plan.moves : ""), ways, middle(figures.move_seconds),
        figures.moves_failed ? make("span", { class: "bad" }, figures.moves_failed + " failed") : "", !report.over && progress.servers && progress.servers_done + " of " + progress.servers + " have left"),
      tile("Replies", figures.replies + " of " + report.messages.filter((other) => other.status !== "informed").length, middle(figures.reply_seconds),
        figures.refused || figures.expired ? make("span", { class: "bad" }, [figures.refused && figures.refused + " refused", figures.expired && figures.expired + " without answer"].filter(Boolean).join(", ")) : ""),
      tile("Service of VNFs lost", figures.down_seconds === null ? "–" : lasting(figures.down_seconds),
        figures.down_seconds === null ? "not measured" : figures.down_seconds ? "longest gap " + lasting(figures.longest_gap_seconds) : "no gap was measured"))];
  }

  function attention() {
    const rows = [
      ...report.failures.map((one) => ["Failed on " + one.host + ", " + one.task + ": ", one.text]),
      ...report.violations.map((one) => ["Constraint not kept: ", one.text]),
      ...report.hosts.filter((one) => one.state === "FAILED").map((one) => [one.name + " failed" + (one.disabled ? " and is out of service" : "") + ": ", one.reason || ""]),
      ...report.notes.map((one) => ["About this report: ", one]),
    ];
    return rows.length ? [make("h2", {}, "Needs attention"), make("ul", {}, rows.map(([what, text]) => make("li", {}, make("strong", {}, what), readable(text))))] : null;
  }

  function waiting() {
    if (report.over) return null;
    const other = (report.progress.waiting_for || []).filter((one) => !one.startsWith("project "));
    if (!report.waiting_for.length && !other.length) return null;
    return [make("h2", {}, "Waiting for"), make("ul", { id: "waiting" },
      report.waiting_for.map((one) => make("li", {}, "project ", make("strong", {}, project(one.project_id)), " to reply to ",
        make("a", { href: "#message-" + one.message_id }, one.state), " until ", timed(one.reply_at), " (", make("span", { "data-until": one.reply_at, class: "busy number" }, until(one.reply_at)), ")")),
      other.map((one) => make("li", {}, readable(one))))];
  }

  function range() {
    const times = [report.figures.began_at, report.figures.ended_at, ...report.vnfs.flatMap((one) => one.gaps.map((gap) => gap.to))].map(Date.parse);
    const begin = Math.min(...times), end = Math.max(...times, begin + 1000);
    return { begin, end, place: (time) => Math.min(100, Math.max(0, (100 * ((time ? Date.parse(time) : end) - begin)) / (end - begin))) };
  }

  function block(scale, from, to, kind, title) {
    const made = make("i", { class: "span " + kind, title });
    const left = scale.place(from), width = scale.place(to) - left;
    made.style.left = left + "%";
    made.style.width = Math.max(width, 0) + "%";
    return made;
  }

  function ticks(scale) {
    const seconds = (scale.end - scale.begin) / 1000;
    const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200].find((one) => seconds / one <= 8) || 86400;
    const made = make("div", { class: "ticks", "aria-hidden": "true" });
    const zero = -new Date(scale.begin).getTimezoneOffset() * 60;
    for (let at = Math.ceil((scale.begin / 1000 + zero) / step) * step - zero; at * 1000 <= scale.end; at += step) {
      const tick = make("span", {}, clock(at * 1000, step < 60));
      const place = (100 * (at * 1000 - scale.begin)) / (scale.end - scale.begin);
      // A time that is cut off at the edge is read as another one; a phone has room for less of it.
      if (place > (step < 60 ? 92 : 95) - (innerWidth < 704 ? 10 : 0)) continue;
      tick.style.left = place + "%";
      made.append(tick);
    }
    return made;
  }

  function lane(name, what, track, version, spoken) {
    return make("tr", { role: "row" }, make("th", { scope: "row", role: "rowheader", class: "name" }, name), make("td", { class: "state", role: "cell" }, what),
      make("td", { class: "lane", role: "cell" }, make("div", { class: "track", "aria-hidden": "true" }, track), make("span", { class: "spoken" }, spoken)),
      version !== null && make("td", { class: "version id", role: "cell" }, version));
  }

  function timeline() {
    const scale = range(), shown = report.hosts.filter((one) => fits(one.name));
    const versions = report.hosts.some((one) => one.version.before || one.version.after);
    const column = (text) => (versions ? text : null);
    const asked = report.messages.filter((one) => one.status !== "informed" && one.created_at && mine(one));
    const rows = [];
    for (const vnf of report.vnfs.filter((one) => !wanted || fits(one.name, one.id) || hosts.has(wanted))) {
      const share = vnf.availability === null ? "" : Math.floor(vnf.availability * 100000) / 1000 + " %";
      rows.push(lane(vnf.name, make("span", { class: vnf.gaps.length ? "busy" : "good" }, share || (vnf.gaps.length ? "gaps" : "no gap")),
        [block(scale, report.measured.since || report.figures.began_at, report.measured.until, "measured", "measured"),
          ...vnf.gaps.map((gap) => block(scale, gap.from, gap.to, "gap", "away for " + lasting(gap.seconds) + " from " + clock(gap.from)))],
        column(""), vnf.gaps.length ? counted(vnf.gaps.length, "gap") + ", longest " + lasting(vnf.longest_gap_seconds) : "no gap"));
    }
    if (asked.length && asked.length < 300) {
      rows.push(lane("Messages", make("span", { class: "dim" }, String(asked.length)), asked.map((one) => {
        const dot = make("a", { class: "dot " + (KINDS[one.status] || "dim"), href: "#message-" + one.id, tabindex: -1, title: clock(one.created_at) + " " + one.state + " to " + project(one.project_id) + ": " + one.status });
        dot.style.left = scale.place(one.created_at) + "%";
        return dot;
      }), column(""), counted(asked.length, "message") + ", listed below"));
    }
    for (const host of shown) {
      const spoken = host.spans.map((one) => one.phase + " from " + clock(one.from) + " for " + lasting(spent(one.from, one.to)) + (one.failed ? ", failed" : "")).join("; ");
      const { before, after } = host.version;
      const now = host.spans.find((one) => !one.to && one.phase === "verifying") ? "verifying" : WORDS[host.state] || host.state;
      rows.push(lane(named(host.name), [make("span", { class: KINDS[host.state] || "dim" }, host.skipped && host.state !== "MAINTENANCE_COMPLETE" ? "skipped" : now), host.disabled && host.state === "FAILED" ? make("span", { class: "dim" }, ", disabled") : ""],
        host.spans.map((one) => block(scale, one.from, one.to, one.phase + (one.failed ? " failed" : "") + (one.to ? "" : " open"), host.name + ": " + one.phase + " " + lasting(spent(one.from, one.to)) + ", " + clock(one.from) + " to " + (one.to ? clock(one.to) : "now") + (one.failed ? ", failed" : ""))),
        column(before && after && before !== after ? before + " → " + after : after || before || ""), spoken || "nothing was done yet"));
    }
    const checked = report.hosts.some((host) => host.spans.some((one) => one.phase === "verifying"));
    const legend = [["draining", "draining"], ["working", "working"], ...(checked ? [["verifying", "verifying"]] : []), ["failed", "failed"], ...(report.vnfs.length ? [["gap", "service away"]] : [])];
    return [make("h2", {}, "Hosts by time"),
      make("div", { class: "legend", "aria-hidden": "true" }, legend.map(([kind, word]) => make("span", {}, make("i", { class: "span " + kind }), word))),
      make("div", { class: shown.length > MANY ? "scroll" : "", tabindex: shown.length > MANY ? 0 : null, role: shown.length > MANY ? "region" : null, "aria-label": shown.length > MANY ? "Hosts by time" : null },
        make("table", { class: "lanes" + (shown.length > MANY ? " many" : ""), role: "table", id: "hosts" },
          make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, make("th", { class: "name", role: "columnheader", scope: "col" }, "Host"), make("th", { class: "state", role: "columnheader", scope: "col" }, "State"),
            make("th", { class: "axis", role: "columnheader", scope: "col" }, make("span", { class: "spoken" }, "What was done when"), ticks(scale)), versions && make("th", { class: "version", role: "columnheader", scope: "col" }, "Hypervisor"))),
          make("tbody", { role: "rowgroup" }, rows))),
      shown.length ? "" : make("p", { class: "dim" }, report.hosts.length ? "No host is called so." : "No host is named yet.")];
  }

  // A table whose rows become cards where there is no room. Cells: text, node or list of them; rows: [attributes, cells, row below].
  function table(id, heads, rows, none) {
    if (!rows.length) return [make("p", { class: "dim" }, none)];
    const shown = whole.has(id) ? rows : rows.slice(0, LIMIT);
    const body = shown.flatMap(([given, cells, below]) => [
      make("tr", given, cells.map((cell, index) => make(index ? "td" : "th", { scope: index ? null : "row", "data-name": heads[index] || null, class: typeof cell === "object" && cell && cell.kind }, cell && cell.inner !== undefined ? cell.inner : cell))),
      ...(below ? [below] : [])]);
    return [make("div", { class: "wide" }, make("table", { class: "cards", id }, make("thead", {}, make("tr", {}, heads.map((one) => make("th", { scope: "col" }, one)))), make("tbody", {}, body))),
      shown.length < rows.length && make("p", { class: "more" }, make("button", { type: "button", onclick: () => { whole.add(id); draw(); } }, "Show all " + rows.length))];
  }

  const instances = new Map();
  const instance = (id) => (instances.get(id) || {}).name || id;
  const mine = (one) => fits(project(one.project_id), one.project_id, one.state, one.key, ...one.instance_ids.flatMap((id) => [id, ...places(id)])) || (one.key || "").toLowerCase().split(" ").includes(wanted);
  const places = (id) => { const known = instances.get(id); return known ? [known.name, ...known.hosts] : []; };

  function reply(one) {
    const actions = Object.entries((one.reply || {}).instance_actions || {});
    return make("tr", { class: "reply", id: "reply-" + one.id, tabindex: -1, hidden: !opened.has(one.id) }, make("td", { colspan: 6 },
      make("p", {}, make("strong", {}, one.reply ? one.reply.state : WORDS[one.status] || one.status), one.replied_at ? [" at ", timed(one.replied_at), ", " + lasting(one.seconds) + " after the message"] : "",
        one.reply_at ? [one.replied_at ? "; the deadline was " : "; the deadline: ", timed(one.reply_at), one.extended ? " (" + lasting(one.extended) + " more were granted)" : ""] : ""),
      one.reason && make("p", { class: "dim" }, one.reason),
      actions.length > 0 && make("ul", {}, actions.slice(0, 200).map(([id, action]) => make("li", {}, instance(id) + ": ", make("strong", {}, action)))),
      !actions.length && one.instance_ids.length > 0 && make("p", { class: "dim" }, "About " + one.instance_ids.slice(0, 50).map(instance).join(", ") + (one.instance_ids.length > 50 ? " …" : "")),
      make("p", {}, make("a", { href: "#message-" + one.id, onclick: () => follow("message-" + one.id) }, "Back to the message"))));
  }

  function follow(id) {
    const found = document.getElementById(id);
    if (!found) return;
    found.hidden = false;
    if (id.startsWith("reply-")) opened.add(id.slice(6));
    found.focus();
  }

  function conversation() {
    const listed = report.messages.filter((one) => (told || one.status !== "informed") && mine(one));
    const quiet = report.messages.filter((one) => one.status === "informed").length;
    const answer = (one) => (one.reply ? [one.reply.state, one.seconds === null ? "" : " after " + lasting(one.seconds)].join("") : one.status === "pending" ? "waiting" : WORDS[one.status] || one.status);
    return [make("h2", {}, "Messages and replies"),
      quiet > 0 && make("p", {}, make("label", {}, make("input", { type: "checkbox", id: "told", checked: told, onchange: (event) => { told = event.target.checked; draw(); document.getElementById("told").focus(); } }), "also the " + quiet + " that want no reply")),
      ...table("messages", ["Time", "Project", "Message", "Instances", "Deadline", "Reply"], listed.map((one) => [
        { id: "message-" + one.id, tabindex: -1 },
        [timed(one.created_at), project(one.project_id), [one.state, one.round > 1 ? make("span", { class: "dim" }, " round " + one.round) : ""], String(one.instance_ids.length || ""),
          one.status === "pending" && !report.over ? make("span", { "data-until": one.reply_at, class: "busy number" }, until(one.reply_at)) : timed(one.reply_at),
          one.status === "informed" ? make("span", { class: "dim" }, "told") : make("a", { href: "#reply-" + one.id, class: KINDS[one.status] || "dim", onclick: () => follow("reply-" + one.id) }, answer(one))],
        one.status === "informed" ? null : reply(one)]), report.messages.length ? "None fits what is looked for." : "None yet.")];
  }

  function moves() {
    const listed = report.moves.filter((one) => fits(one.from, one.to, one.name, one.instance_id, project(one.project_id), one.project_id));
    const longest = Math.max(0.001, ...report.moves.map((one) => one.seconds || 0));
    const order = { FAILED: 0, MOVING: 1, MOVED: 2 };
    const rows = listed.map((one, index) => [one, index]).sort((a, b) => order[a[0].state] - order[b[0].state] || a[1] - b[1]).map(([one]) => {
      const bar = make("i", { class: "bar", "aria-hidden": "true" });
      bar.style.width = (4 * (one.seconds || 0)) / longest + "rem";
      return [{}, [timed(one.began_at || one.ended_at), make("span", { title: one.instance_id }, one.name || one.instance_id), project(one.project_id), [one.from || "?", " → ", one.to || "…"],
        one.state === "MOVED" ? make("span", { class: "dim" }, one.how || "before") : state(one.state), { kind: "nowrap number", inner: one.seconds === null ? one.reason || "" : [lasting(one.seconds), bar] }]];
    });
    return [make("h2", {}, "Moves"), ...table("moves", ["Time", "Instance", "Project", "From → to", "How", "Lasted"], rows, report.moves.length ? "None fits what is looked for." : "None yet.")];
  }

  function service() {
    if (!report.vnfs.length) return null;
    return [make("h2", {}, "Service of the VNFs"),
      make("p", { class: "dim" }, report.measured.since ? "Measured from " + clock(report.measured.since) + " to " + clock(report.measured.until || report.figures.ended_at) + "." : ""),
      ...table("vnfs", ["VNF", "Available", "Gaps", "Longest", "Together", "When"], report.vnfs.filter((one) => !wanted || hosts.has(wanted) || fits(one.name, one.id)).map((one) => [{}, [one.name,
        one.availability === null ? "" : Math.floor(one.availability * 1000000) / 10000 + " %", String(one.gaps.length), one.gaps.length ? lasting(one.longest_gap_seconds) : "", one.gaps.length ? lasting(one.down_seconds) : "",
        one.gaps.slice(0, 20).flatMap((gap, index) => [index ? ", " : "", timed(gap.from), " (" + lasting(gap.seconds) + ")"])]]), "None fits what is looked for.")];
  }

  function decisions() {
    const blockers = report.blockers.filter((one) => fits(one.host, one.instance, instance(one.instance || "")));
    const decided = report.decisions.filter((one) => fits(one.host, one.project_id, project(one.project_id)));
    if (!report.blockers.length && !report.decisions.length) return null;
    return [make("h2", {}, "Blockers and decisions"),
      ...(blockers.length ? table("blockers", ["Host", "What is in the way", "Remedy", "Decision"], blockers.map((one) => [{}, [one.host || "", one.reason || "", one.remedy || "", (one.choice || "").replace("_", " ")]]), "") : []),
      ...table("decisions", ["Time", "What was decided, or came up"], decided.map((one) => [{}, [timed(one.at), readable(one.text)]]), "None fits what is looked for.")];
  }

  function log() {
    const listed = report.events.filter((one) => fits(one.host, one.project_id, project(one.project_id), one.instance_id, instance(one.instance_id || "")) || (wanted && one.text.toLowerCase().includes(wanted) && !hosts.has(wanted)));
    return [make("details", { id: "log", open: opened.has("log"), ontoggle: (event) => (event.target.open ? opened.add("log") : opened.delete("log")) },
      make("summary", {}, make("strong", {}, "Everything that happened"), make("span", { class: "dim" }, " " + counted(listed.length, "line"))),
      ...table("events", ["Time", "What"], listed.map((one) => [{}, [timed(one.at), readable(one.text)]]), "Nothing fits what is looked for."))];
  }

  const PARTS = [["head", header, "header"], ["figures", tiles, "div"], ["attention", attention, "section", "alert"], ["waits", waiting, "section", "ask"], ["tools"], ["timeline", timeline, "section"],
    ["service", service, "section"], ["conversation", conversation, "section"], ["moved", moves, "section"], ["decided", decisions, "section"], ["events-part", log, "section"]];

  function skeleton() {
    const view = document.getElementById("view");
    view.replaceChildren();
    for (const [id, , name, kind] of PARTS) {
      if (id === "tools") {
        view.append(make("div", { class: "tools", role: "search" }, make("label", { class: "spoken", for: "filter" }, "Filter by host, instance or project"),
          make("input", { type: "search", id: "filter", list: "names", autocomplete: "off", placeholder: "Filter by host, instance or project ( / )", oninput: (event) => { wanted = event.target.value.trim().toLowerCase(); draw(); } }),
          make("datalist", { id: "names" }), make("span", { id: "found", class: "dim", role: "status" })));
      } else { view.append(make(name, { id, class: kind })); }
    }
    document.addEventListener("keydown", (event) => {
      const filter = document.getElementById("filter"), typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); filter.focus(); }
      if (event.key === "Escape" && wanted) { look(""); filter.focus(); }
    });
    addEventListener("hashchange", () => follow(decodeURIComponent(location.hash.slice(1))));
    setInterval(() => count(view), 1000);
  }

  const count = (within) => within.querySelectorAll("[data-until]").forEach((one) => { one.textContent = until(one.dataset.until); });

  // A part is drawn anew only when what it shows has changed, so that nobody loses the place where they read.
  function draw() {
    for (const [id, paint] of PARTS) {
      if (!paint) continue;
      const at = document.getElementById(id), inner = paint();
      at.hidden = inner === null;
      count(at);
      const made = at.cloneNode(false);
      made.append(...(inner || []).filter(Boolean));
      if (at.isEqualNode(made)) continue;
      const held = at.contains(document.activeElement) ? document.activeElement.id : "";
      const scrolled = at.querySelector(".scroll")?.scrollTop;
      at.replaceChildren(...made.childNodes);
      if (scrolled && at.querySelector(".scroll")) at.querySelector(".scroll").scrollTop = scrolled;
      if (held) document.getElementById(held)?.focus({ preventScroll: true });
    }
    const names = document.getElementById("names");
    if (names.childElementCount !== report.hosts.length) names.replaceChildren(...report.hosts.map((one) => make("option", { value: one.name })));
    const shown = report.hosts.filter((one) => fits(one.name)).length;
    document.getElementById("found").textContent = wanted ? counted(shown, "host") + " of " + report.hosts.length : "";
  }

  // Draw a report. With `given.at`, the service's time of now, deadlines are counted by that.
  function show(next, given = {}) {
    const first = report === null;
    report = next;
    skew = given.at ? Date.parse(given.at) - Date.now() : 0;
    hosts = new Set(report.hosts.map((one) => one.name.toLowerCase()));
    instances.clear();
    for (const one of report.moves) {
      const known = instances.get(one.instance_id) || { name: one.name, hosts: [] };
      known.hosts.push(one.from, one.to);
      instances.set(one.instance_id, known);
    }
    if (first) skeleton();
    document.title = (report.over ? "" : (report.progress.percent_done ?? 0) + " % ") + (report.session.name || "Maintenance") + " " + (STATES[report.session.state] || report.session.state || "");
    draw();
    if (first && location.hash) follow(decodeURIComponent(location.hash.slice(1)));
  }

  return { show, lasting };
})();
