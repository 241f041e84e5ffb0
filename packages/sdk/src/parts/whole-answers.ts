import type { Provider } from "@flyball/models";

/** The provider with streaming off: whoever iterates gets the whole answer as one piece. */
export function wholeAnswers(provider: Provider): Provider {
  const { load, unload, loadedModels } = provider;
  return {
    name: provider.name,
    generate: (request) => provider.generate(request),
    async *stream(request) {
      const result = await provider.generate(request);
      if (result.text !== "") yield { type: "text", text: result.text };
      yield { type: "finish", result };
    },
    embed: (request) => provider.embed(request),
    health: (signal) => provider.health(signal),
    ...(load ? { load: (model, signal) => load.call(provider, model, signal) } : {}),
    ...(unload ? { unload: (model) => unload.call(provider, model) } : {}),
    ...(loadedModels ? { loadedModels: () => loadedModels.call(provider) } : {}),
    close: () => provider.close(),
  };
}
