"""Addresses of the accountant's pages."""

from django.urls import path, re_path

from accounting import (
    closing_pages,
    downloads,
    entry_page,
    export_acts,
    export_pages,
    mail_pages,
    names_page,
    pages,
    sales_pages,
    token_pages,
)

MONTH = r"reports/close/(?P<month>[0-9]{4}-[0-9]{2})"

urlpatterns = [
    path("reports/close/", closing_pages.months, name="periods"),
    path("reports/close/proof.zip", closing_pages.proof, name="prove_books"),
    re_path(rf"^{MONTH}/$", closing_pages.month, name="close_month"),
    re_path(rf"^{MONTH}/soft$", closing_pages.soft_close, name="close_month_soft"),
    re_path(rf"^{MONTH}/final$", closing_pages.close_for_good, name="close_month_final"),
    re_path(rf"^{MONTH}/reopen$", closing_pages.reopen, name="reopen_month"),
    path("reports/", pages.index, name="reports"),
    path("reports/mails/", mail_pages.mails, name="report_mails"),
    path("reports/mails/<uuid:mail_id>/end", mail_pages.end, name="end_report_mail"),
    re_path(r"^reports/mails/leave/(?P<token>[\w:-]+)$", mail_pages.leave, name="leave_report_mail"),
    path("reports/keys/", token_pages.keys, name="report_keys"),
    path("reports/keys/<uuid:token_id>/revoke", token_pages.revoke, name="revoke_report_key"),
    path("reports/entries/<uuid:entry_id>/", entry_page.entry, name="entry"),
    path("reports/<slug:slug>/", pages.report, name="report"),
    path("reports/<slug:slug>/mail", mail_pages.mail, name="report_mail"),
    re_path(r"^reports/(?P<slug>[a-z0-9-]+)\.(?P<form>csv|xlsx)$", downloads.file, name="report_file"),
    path("exports/", export_pages.batches_page, name="exports"),
    path("exports/sales/", sales_pages.sales, name="sales_export"),
    path("exports/sales/file", sales_pages.file, name="sales_export_file"),
    path("exports/new/", export_pages.new, name="new_export"),
    path("exports/make", export_pages.make, name="make_export"),
    path("exports/names/<slug:slug>/", names_page.names, name="export_names"),
    path("exports/<int:batch_id>/", export_pages.batch_page, name="export_batch"),
    path("exports/<int:batch_id>/files/<int:position>", export_pages.file, name="export_file"),
    path("exports/<int:batch_id>/all.zip", export_pages.archive, name="export_archive"),
    path("exports/<int:batch_id>/finish", export_acts.finish, name="finish_export"),
    path("exports/<int:batch_id>/files-again", export_acts.files_again, name="export_files_again"),
    path("exports/<int:batch_id>/drop", export_acts.drop, name="drop_export"),
    path("exports/<int:batch_id>/confirm", export_acts.confirm, name="confirm_export"),
    path("exports/<int:batch_id>/void", export_acts.void, name="void_export"),
]
