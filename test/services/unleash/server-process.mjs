// A process of its own with Unleash's server, so that a test can kill it.
import { start } from "unleash-server";

const [port, databasePort, clientToken, adminToken] = process.argv.slice(2);
const everything = { environment: "*", projects: ["*"] };
await start({
  db: {
    host: "127.0.0.1",
    port: Number(databasePort),
    user: "unleash",
    database: "postgres",
    password: "",
    ssl: false,
  },
  server: { port: Number(port), host: "127.0.0.1" },
  authentication: {
    type: "open-source",
    createAdminUser: true,
    initApiTokens: [
      { ...everything, tokenName: "admin", type: "admin", secret: adminToken },
      { ...everything, environment: "development", tokenName: "client", type: "client", secret: clientToken },
    ],
  },
  versionCheck: { enable: false },
  telemetry: false,
  logLevel: "error",
});
process.send?.("ready");
