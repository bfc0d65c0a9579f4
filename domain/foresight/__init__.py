"""Looking ahead and back: is everybody covered, what would another policy have done, why did this happen."""
