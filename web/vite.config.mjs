import { defineConfig } from "vite";

// `npm run dev` shows the page on made-up people; TENJO_URL=http://localhost:8080 on real ones.
export default defineConfig(async ({ command }) => {
  const service = process.env.TENJO_URL;
  const mock = command === "serve" && !service ? [(await import("./mock/mock.mjs")).mock()] : [];
  return {
    base: "./",
    plugins: mock,
    server: service ? { proxy: { "/api": { target: service, changeOrigin: true } } } : {},
    build: {
      target: "es2021",
      assetsInlineLimit: 0, // the page's policy allows files of its own, no data: addresses
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 400,
    },
  };
});
