// Sends the form_post answer on its way (OAuth 2.0 Form Post Response Mode). Without scripts there is a button.
document.forms[0].submit();
