"""From a question to ranked answers: base models, encoder, index, fusion, decision, bundles."""
