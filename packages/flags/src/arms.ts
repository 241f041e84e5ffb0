import type { Arm } from "@flyball/telemetry";

/** The variants that are compared. */
export const controlVariant = "control";
export const treatmentVariant = "treatment";

/** The arm of a flag that is on with this variant (undefined: none of its own). */
export function armOf(enabled: boolean, variant: string | undefined): Arm {
  if (!enabled) return "off";
  return variant === controlVariant || variant === treatmentVariant ? variant : "on";
}

/** Whether an arm runs the optimization. Control takes the plain path: that is what it is there for. */
export function isOn(arm: Arm): boolean {
  return arm === "treatment" || arm === "on";
}
