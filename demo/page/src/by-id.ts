/** An element of our own page. @throws Error when the page has none of that id, which is a mistake of ours. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as E;
}

/** A fresh copy of what a `<template>` of the page holds. */
export function copyOf<E extends HTMLElement = HTMLElement>(id: string): E {
  return byId<HTMLTemplateElement>(id).content.firstElementChild?.cloneNode(true) as E;
}
