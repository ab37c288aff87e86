/** The shop's own script: a basket that counts. The chat needs nothing from here. */
const basket = document.querySelector('#basket');

document.querySelector('#buy').addEventListener('click', () => {
  basket.textContent = String(Number(basket.textContent) + 1);
});
