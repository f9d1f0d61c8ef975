/** The console in a browser. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { follow, queries } from "./estate-queries.ts";
import { router } from "./routes.tsx";
import "./styles/console.css";
import "./styles/estate.css";
import "./styles/signing.css";

follow();
createRoot(document.getElementById("console")!).render(
  <QueryClientProvider client={queries}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
);
