//! Simulator, virtual clock, scripted executor and throw-away servers for tests and the demo.
