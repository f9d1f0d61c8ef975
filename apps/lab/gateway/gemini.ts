/** Google's Gemini API, v1beta `generateContent` and its stream: what Gemini CLI speaks. */
import { type Answer, events, json, type Loose, listOf, type Wire } from "./wire.ts";

const partsOf = (content: Loose): readonly Loose[] => listOf(content.parts);

export const gemini: Wire = {
  isAsk: (url) => /:(stream)?generateContent/i.test(url),
  isStream: (_body, url) => /:streamGenerateContent/i.test(url),
  read: (body) => {
    const { contents, tools } = body as Loose;
    const turns = listOf(contents);
    const texts = (role: string) =>
      turns
        .filter((turn) => turn.role === role)
        .map((turn) =>
          partsOf(turn)
            .map(({ text }) => (typeof text === "string" ? text : ""))
            .join(""),
        )
        .filter((text) => text !== "");
    return {
      user: texts("user").join("\n"),
      tools: listOf(tools).flatMap(({ functionDeclarations }) =>
        listOf(functionDeclarations).map(({ name }) => String(name)),
      ),
      outputs: turns
        .flatMap(partsOf)
        .filter(({ functionResponse }) => functionResponse !== undefined)
        .map(({ functionResponse }) => outputOf((functionResponse as Loose).response)),
      said: texts("model"),
    };
  },
  write: (answer, { isStream }) => {
    const value = response(answer);
    return isStream ? events([value]) : json(value);
  },
};

function outputOf(response: unknown): string {
  const { output, error } = (response ?? {}) as Loose;
  return String(output ?? error ?? "");
}

function response({ say, call }: Answer): object {
  const parts: object[] = say === "" ? [] : [{ text: say }];
  if (call !== null) parts.push({ functionCall: { name: call.name, args: call.input } });
  return {
    candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
    modelVersion: "scripted",
  };
}
