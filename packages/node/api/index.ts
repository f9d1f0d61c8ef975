/** The HTTP contract of the server: routes with their shapes, and a client typed from them. */
export { type Api, type ApiRefused, openApi } from "./client.ts";
export * as estateRoutes from "./estate-routes.ts";
export { hintFor, type RefusalStatus, refusalAnswer, statusOf } from "./hint.ts";
export * as journalRoutes from "./journal-routes.ts";
export * as passkeyRoutes from "./passkey-routes.ts";
export type { RefusalAnswer } from "./schema.ts";
export * as writRoutes from "./writ-routes.ts";
