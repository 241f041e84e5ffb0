import { type OwnInstall, ownInstall } from "../services/own-install.ts";

/** Services that bring their own OpenTelemetry. */
export const hosts: OwnInstall = ownInstall(import.meta.dirname, "hosts with an OpenTelemetry of their own");
