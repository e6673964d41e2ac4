/* The API reference: Swagger UI on the document that `data-api-reference` names. */

const place = document.querySelector("[data-api-reference]");

window.SwaggerUIBundle({
  url: place.dataset.apiReference,
  domNode: place,
  deepLinking: true,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
