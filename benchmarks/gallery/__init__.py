"""Every variant with its recipe, side by side with real data: trained, judged and shown."""
