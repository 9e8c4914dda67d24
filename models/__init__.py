"""Late-payment risk: features, estimators, evaluation, explanation and storage of the trained model."""
