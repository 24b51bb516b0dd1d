"""The report: one HTML file of what the models of the dbt package say, without a line of script."""
